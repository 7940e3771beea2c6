import { sql } from 'kysely'
import { queueNotice } from '../notice/queue-notice.ts'
import { returnByTransfer } from '../payment/return-by-transfer.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { forgetOrderAccount, forgetReturnedAccount, hasOrderAccount } from './bank-details.ts'
import { askOrNote } from './order-transfers.ts'

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

/**
 * The bank sent it back: the account it bounced off is forgotten, the buyer is asked for another one, and staff see it.
 * Where another one was named since, it goes there.
 */
export async function receiptTransferReturned(
  ctx: Context,
  tx: Tx,
  of: OfReceipt & { namingId: string | null },
): Promise<void> {
  const { issuerId, receiptId, namingId } = of
  await sql`
    update unmatched_receipt set state = 'refunding', refusal = 'transfer_returned', settled_at = null, told_at = null
     where issuer_id = ${issuerId} and receipt_id = ${receiptId}`.execute(tx)
  const order = await orderOf(tx, of)
  if (!order) return
  const { order_id: orderId } = order
  await forgetReturnedAccount(tx, { issuerId, orderId, namingId })
  if (await hasOrderAccount(tx, { issuerId, orderId }))
    await returnByTransfer(ctx, tx, { issuerId, receiptId })
  await askOrNote(ctx, tx, { issuerId, orderId })
}

async function orderOf(tx: Tx, { issuerId, receiptId }: OfReceipt): Promise<Order | undefined> {
  const { rows } = await sql<Order>`
    select o.order_id, o.locale from unmatched_receipt r
      join purchase_order o on o.issuer_id = r.issuer_id and o.order_id = r.order_id
     where r.issuer_id = ${issuerId} and r.receipt_id = ${receiptId}`.execute(tx)
  return rows[0]
}
