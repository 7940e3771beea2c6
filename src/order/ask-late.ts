import { sql } from 'kysely'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { errorFields } from '../platform/log.ts'
import type { OrderView } from './read-order.ts'

// A reloading page asks no more often than this, however many look at it.
const ask_again_seconds = 3

/**
 * The buyer came back from paying and the webhook has not: asks the provider ourselves. Answers whether it was asked;
 * a provider that says nothing is asked again by the next reload, and by the sweep.
 */
export async function askLate(ctx: Context, order: OrderView): Promise<boolean> {
  const { issuerId, orderId } = order
  if (order.state !== 'awaiting_payment' || order.payBy !== 'stripe') return false
  const now = ctx.clock.now()
  const before = new Date(now.getTime() - ask_again_seconds * 1000)
  const row = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .updateTable('purchase_order')
      .set({ payment_asked_at: now })
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', orderId)
      .where('payment_ref', 'is not', null)
      .where(sql<boolean>`payment_asked_at is null or payment_asked_at < ${before}`)
      .returning('payment_ref')
      .executeTakeFirst(),
  )
  if (!row?.payment_ref) return false
  try {
    await lookAtPayment(ctx, { issuerId, id: row.payment_ref })
  } catch (error) {
    ctx.log.warn('the payment provider did not say', { issuer: issuerId, ...errorFields(error) })
  }
  return true
}
