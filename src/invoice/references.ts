import type { Tx } from '../platform/db.ts'
import type { InvoiceContent } from './content.ts'

type Of = { issuerId: string; orderId?: string; closureId?: string; cardId?: string }
type References = Pick<InvoiceContent, 'orderNumber' | 'closureNumber' | 'cardEnding'>

/** The numbers under which holder and issuer know what an invoice is about. */
export async function readReferences(tx: Tx, of: Of): Promise<References> {
  const { issuerId, orderId, closureId, cardId } = of
  const order = orderId
    ? await tx
        .selectFrom('purchase_order')
        .select(['number', 'card_id'])
        .where('issuer_id', '=', issuerId)
        .where('order_id', '=', orderId)
        .executeTakeFirst()
    : undefined
  const closure = closureId
    ? await tx
        .selectFrom('closure')
        .select('number')
        .where('issuer_id', '=', issuerId)
        .where('closure_id', '=', closureId)
        .executeTakeFirst()
    : undefined
  const ofCard = cardId ?? order?.card_id
  const card = ofCard
    ? await tx
        .selectFrom('card')
        .select('iccid')
        .where('issuer_id', '=', issuerId)
        .where('card_id', '=', ofCard)
        .executeTakeFirst()
    : undefined
  return {
    ...(order && { orderNumber: order.number }),
    ...(closure && { closureNumber: closure.number }),
    ...(card && { cardEnding: card.iccid.slice(-4) }),
  }
}
