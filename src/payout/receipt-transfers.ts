import { sql } from 'kysely'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { forgetOrderAccount } from './bank-details.ts'

type OfReceipt = { issuerId: string; receiptId: string }
type Order = { order_id: string; locale: 'zh-CN' | 'en' }

/** What came for an order and did not fit it is back with its payer. */
export async function receiptTransferPaid(
  ctx: Context,
  tx: Tx,
  of: OfReceipt & { reference: string },
): Promise<void> {
  const { issuerId, receiptId, reference } = of
  await sql`
    update unmatched_receipt set state = 'refunded', reference = ${reference}, settled_at = ${ctx.clock.now()}
     where issuer_id = ${issuerId} and receipt_id = ${receiptId}`.execute(tx)
  const order = await orderOf(tx, of)
  if (!order) return
  const { order_id: orderId, locale } = order
  await forgetOrderAccount(tx, { issuerId, orderId })
  await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_extra_paid', locale })
}

/** The bank sent it back: its account is forgotten, the buyer is asked for another one, and staff see it. */
export async function receiptTransferReturned(ctx: Context, tx: Tx, of: OfReceipt): Promise<void> {
  const { issuerId, receiptId } = of
  await sql`
    update unmatched_receipt set state = 'refunding', refusal = 'transfer_returned', settled_at = null, told_at = null
     where issuer_id = ${issuerId} and receipt_id = ${receiptId}`.execute(tx)
  const order = await orderOf(tx, of)
  if (!order) return
  await sql`
    delete from vault_item v using purchase_order o
     where o.issuer_id = ${issuerId} and o.order_id = ${order.order_id}
       and v.issuer_id = o.issuer_id and v.item_id = o.bank_item_id and v.kind = 'bank'`.execute(tx)
  const { order_id: orderId, locale } = order
  await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_wants_account', locale })
}

async function orderOf(tx: Tx, { issuerId, receiptId }: OfReceipt): Promise<Order | undefined> {
  const { rows } = await sql<Order>`
    select o.order_id, o.locale from unmatched_receipt r
      join purchase_order o on o.issuer_id = r.issuer_id and o.order_id = r.order_id
     where r.issuer_id = ${issuerId} and r.receipt_id = ${receiptId}`.execute(tx)
  return rows[0]
}
