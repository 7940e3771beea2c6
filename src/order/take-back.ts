import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import { closePayPage, endUnpaid } from './end-unpaid.ts'

/**
 * Takes back an order that is not paid: the page where it could be paid is closed first, then it ends as one that
 * lapsed. A payment that was faster wins, and the order goes on; money that comes later is given back by itself
 * (src/payment/give-back.ts). An order that was taken back before stays so. Throws Refusal order/not_to_take_back, and
 * order/take_back_unsure where nothing has changed and it may be tried again.
 */
export async function takeBack(ctx: Context, which: { issuerId: string; orderId: string }): Promise<void> {
  const { issuerId } = which
  const order = await inIssuer(ctx.db, issuerId, (tx) => standing(tx, which))
  if (order.taken_back_at) return
  if (order.state !== 'awaiting_payment') throw new Refusal('order/not_to_take_back')
  const page = await closePayPage(ctx, issuerId, order).catch((error: unknown) => {
    ctx.log.warn('a payment page could not be closed', { issuer: issuerId, ...errorFields(error) })
    return 'unknown' as const
  })
  if (page === 'paid') throw new Refusal('order/not_to_take_back')
  if (page === 'unknown') throw new Refusal('order/take_back_unsure')
  const now = await inIssuer(ctx.db, issuerId, async (tx) => {
    await endUnpaid(ctx, tx, issuerId, order, ctx.clock.now())
    return standing(tx, which)
  })
  if (now.taken_back_at) return
  // Still waiting: another page was opened for it in this moment.
  throw new Refusal(now.state === 'awaiting_payment' ? 'order/take_back_unsure' : 'order/not_to_take_back')
}

function standing(tx: Tx, { issuerId, orderId }: { issuerId: string; orderId: string }) {
  return tx
    .selectFrom('purchase_order')
    .select(['order_id', 'holder_id', 'pay_by', 'payment_ref', 'state', 'taken_back_at'])
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', orderId)
    .executeTakeFirstOrThrow(() => new Refusal('order/no_such_order'))
}
