import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { eraseGuest } from './buyer.ts'

export type Unpaid = {
  order_id: string
  holder_id: string
  pay_by: string
  payment_ref: string | null
}

/**
 * Closes the page where an order could be paid, if there is one. `paid`: the payer was faster, and what they paid is
 * looked at. `unknown`: the provider does not say.
 */
export async function closePayPage(
  ctx: Context,
  issuerId: string,
  order: Unpaid,
): Promise<'closed' | 'paid' | 'unknown'> {
  const ref = order.payment_ref
  if (order.pay_by !== 'stripe' || ref === null) return 'closed'
  const payment = await ctx.providers.of(issuerId).payment()
  const answer = await payment.expirePayment(ref)
  if (answer.kind === 'refused' && answer.code === 'already_paid') {
    await inIssuer(ctx.db, issuerId, (tx) => ctx.jobs.look(tx, 'payment', { issuerId, id: ref }))
    return 'paid'
  }
  return answer.kind === 'done' || answer.kind === 'refused' ? 'closed' : 'unknown'
}

/**
 * Ends an order that waits for its payment, and erases its guest. False where it was paid or ended meanwhile, or where
 * another page was opened for it than the one that was closed.
 * @param takenBackAt where its buyer ends it
 */
export async function endUnpaid(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  order: Unpaid,
  takenBackAt: Date | null = null,
): Promise<boolean> {
  const done = await tx
    .updateTable('purchase_order')
    .set((e) => ({ state: 'lapsed', taken_back_at: takenBackAt, version: e('version', '+', 1n) }))
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', order.order_id)
    .where('state', '=', 'awaiting_payment')
    .where('payment_ref', 'is not distinct from', order.payment_ref)
    .executeTakeFirst()
  if (done.numUpdatedRows === 0n) return false
  await eraseGuest(ctx, tx, { issuerId, holderId: order.holder_id })
  return true
}
