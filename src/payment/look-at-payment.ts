import type { PaymentState } from '../adapters/payment/port.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import { takeDispute } from './charge-back.ts'
import { takeRefundsByHand } from './take-refunds-by-hand.ts'
import { learnPaidWith } from './learn-paid-with.ts'
import { giveBack } from './give-back.ts'
import { NotSaid } from './not-said.ts'
import { settleEvents } from './note-event.ts'
import { receivePayment } from './receive-payment.ts'

// How long money may come before the order it names: its transaction is not over, or its writer was restarted.
const order_may_follow_minutes = 15
const look_again_seconds = 30

/**
 * What the worker does with queue 'payment'. The id says what to look at: a page (cs_…), a payment (pi_…), a dispute
 * (du_…, dp_…), refunds that LEB did not make (refunds:pi_…), money to be given back (receipt:…), or what a holder paid with
 * (paid_with:…). May be done at any time and any number of times.
 */
export async function lookAtPayment(ctx: Context, look: Look): Promise<void> {
  const { issuerId, id } = look
  if (id.startsWith('receipt:')) return giveBack(ctx, { issuerId, receiptId: id.slice('receipt:'.length) })
  if (id.startsWith('refunds:'))
    return takeRefundsByHand(ctx, { issuerId, paymentRef: id.slice('refunds:'.length) })
  if (id.startsWith('paid_with:'))
    return learnPaidWith(ctx, { issuerId, holderId: id.slice('paid_with:'.length) })
  if (/^(dp|du)_/.test(id)) return takeDispute(ctx, { issuerId, disputeRef: id })
  return takePayment(ctx, issuerId, id)
}

/** Asks the provider about a payment and takes the money in if it is there. */
async function takePayment(ctx: Context, issuerId: string, ref: string): Promise<void> {
  const payment = await ctx.providers.of(issuerId).payment()
  const answer = await payment.readPayment(ref)
  if (answer.kind === 'unknown' || answer.kind === 'pending')
    throw new NotSaid(answer.kind === 'unknown' ? answer.reason : answer.kind)
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const outcome =
      answer.kind === 'refused' ? answer.code : await takeState(ctx, tx, issuerId, { ...answer.value, ref })
    if (outcome !== 'order_not_here_yet') await settleEvents(ctx, tx, { issuerId, ref, outcome })
  })
}

async function takeState(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  read: PaymentState & { ref: string },
): Promise<string> {
  const { state, paymentRef, orderNumber, amount, currency } = read
  if (state !== 'paid' || paymentRef === undefined) return state
  const orderId = await findOrder(tx, issuerId, read)
  // Others may use the same account: what LEB did not open is not LEB's.
  if (orderId === undefined && orderNumber === undefined) return 'not_ours'
  if (orderId === undefined && (await mayStillFollow(ctx, tx, issuerId, read.ref))) {
    const at = new Date(ctx.clock.now().getTime() + look_again_seconds * 1_000)
    await ctx.jobs.look(tx, 'payment', { issuerId, id: read.ref }, at)
    return 'order_not_here_yet'
  }
  return receivePayment(ctx, tx, {
    issuerId,
    provider: 'stripe',
    ref: paymentRef,
    ...(orderId === undefined ? {} : { orderId }),
    ...(orderNumber === undefined ? {} : { orderNumber }),
    amount,
    currency,
    at: new Date(read.at),
    ...(read.paidWith === undefined ? {} : { paidWith: read.paidWith }),
  })
}

/** By the page that the order opened, else by the number written on the payment. */
async function findOrder(
  tx: Tx,
  issuerId: string,
  { ref, orderNumber }: { ref: string; orderNumber?: string },
): Promise<string | undefined> {
  const orders = tx.selectFrom('purchase_order').select('order_id').where('issuer_id', '=', issuerId)
  const byPage = await orders.where('pay_by', '=', 'stripe').where('payment_ref', '=', ref).executeTakeFirst()
  if (byPage || orderNumber === undefined) return byPage?.order_id
  return (await orders.where('number', '=', orderNumber).executeTakeFirst())?.order_id
}

async function mayStillFollow(ctx: Context, tx: Tx, issuerId: string, ref: string): Promise<boolean> {
  const since = new Date(ctx.clock.now().getTime() - order_may_follow_minutes * 60_000)
  const told = await tx
    .selectFrom('provider_event')
    .select('event_id')
    .where('issuer_id', '=', issuerId)
    .where('provider', '=', 'stripe')
    .where('object_ref', '=', ref)
    .where('looked_at', 'is', null)
    .where('received_at', '>', since)
    .executeTakeFirst()
  return told !== undefined
}
