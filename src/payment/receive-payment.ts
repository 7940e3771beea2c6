import { sql } from 'kysely'
import type { PaidWith } from '../adapters/payment/port.ts'
import { askWhereTo } from './return-by-transfer.ts'
import { houseAccount } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import { keepPaidWith } from './paid-with.ts'

export type Receipt = {
  issuerId: string
  provider: 'stripe' | 'bank' | 'voucher'
  /** The provider's name of the money, once for ever: a payment intent, or a line of a bank statement. */
  ref: string
  /** The order it is for, if known; a number that fits no order is kept with the receipt. */
  orderId?: string
  orderNumber?: string
  /** Minor units, more than 0. */
  amount: bigint
  currency: string
  /** When it was received, as the provider says. */
  at: Date
  /** As far as the provider says it; for the holder of the order that it pays. */
  paidWith?: PaidWith
}

export type UnmatchedReason =
  | 'order_unknown'
  | 'order_lapsed'
  | 'order_paid_already'
  | 'amount_differs'
  | 'currency_differs'
  | 'chargeback_won'

/** Where money of each kind stands before it is anybody's. */
export const cashOf = {
  stripe: 'cash_at_provider',
  bank: 'cash_at_bank',
  voucher: 'vouchers',
} as const

/**
 * Takes money in, once for each `ref`, in the caller's transaction: writes the payment and posts cash →
 * orders_in_hand. An order that waits for exactly this much becomes paid and is looked at; any other money goes to
 * unmatched_receipts and is kept, visible, until it is matched or given back (give-back.ts).
 */
export async function receivePayment(
  ctx: Context,
  tx: Tx,
  receipt: Receipt,
): Promise<'order_paid' | 'unmatched' | 'known'> {
  const { issuerId, provider, ref, amount, currency } = receipt
  assert(amount > 0n, 'money that comes in is more than nothing')
  // Two that bring the same money take turns: the second finds the first's payment.
  const name = `leb.payment/${issuerId}/${provider}/${ref}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(tx)
  const known = await tx
    .selectFrom('payment')
    .select('payment_id')
    .where('issuer_id', '=', issuerId)
    .where('provider', '=', provider)
    .where('provider_ref', '=', ref)
    .executeTakeFirst()
  if (known) return 'known'

  const order = await lockOrder(tx, receipt)
  const unfit = whyUnfit(order, receipt)
  const paymentId = ctx.ids.next()
  await tx
    .insertInto('payment')
    .values({
      issuer_id: issuerId,
      payment_id: paymentId,
      order_id: order && !unfit ? order.order_id : null,
      // The card has it with the delivery (src/order/steps/deliver.ts): until then its closing can't pay it out.
      card_id: null,
      provider,
      provider_ref: ref,
      currency,
      amount_minor: amount,
      received_at: receipt.at,
    })
    .execute()
  await post(ctx, tx, {
    issuerId,
    key: `payment:${provider}:${ref}`,
    reason: unfit ? 'receipt_unmatched' : 'payment_received',
    entries: [
      {
        accountId: await houseAccount(ctx, tx, { issuerId, kind: cashOf[provider], currency }),
        amount: -amount,
      },
      {
        accountId: await houseAccount(ctx, tx, {
          issuerId,
          kind: unfit ? 'unmatched_receipts' : 'orders_in_hand',
          currency,
        }),
        amount,
      },
    ],
  })
  if (unfit) {
    await keepUnmatched(ctx, tx, { ...receipt, paymentId, reason: unfit, order })
    return 'unmatched'
  }
  assert(order, 'money that fits, fits an order')
  if (receipt.paidWith)
    await keepPaidWith(ctx, tx, { issuerId, holderId: order.holder_id, paymentId }, receipt.paidWith)
  await markPaid(ctx, tx, { issuerId, orderId: order.order_id, at: receipt.at })
  return 'order_paid'
}

type Order = {
  order_id: string
  holder_id: string
  number: string
  state: string
  currency: string
  gross_minor: bigint
}

/** By its id, else by its number; locked, so that it is paid once. */
async function lockOrder(tx: Tx, receipt: Receipt): Promise<Order | undefined> {
  const { orderId, orderNumber } = receipt
  if (orderId === undefined && orderNumber === undefined) return undefined
  return tx
    .selectFrom('purchase_order')
    .select(['order_id', 'holder_id', 'number', 'state', 'currency', 'gross_minor'])
    .where('issuer_id', '=', receipt.issuerId)
    .$if(orderId !== undefined, (q) => q.where('order_id', '=', orderId!))
    .$if(orderId === undefined, (q) => q.where('number', '=', orderNumber!))
    .forUpdate()
    .executeTakeFirst()
}

/** Why money does not pay this order, or undefined when it does. Exactly the price: nobody decided a rounding. */
export function whyUnfit(
  order: Pick<Order, 'state' | 'currency' | 'gross_minor'> | undefined,
  money: { amount: bigint; currency: string },
): UnmatchedReason | undefined {
  if (!order) return 'order_unknown'
  if (order.state === 'lapsed') return 'order_lapsed'
  if (order.state !== 'awaiting_payment') return 'order_paid_already'
  if (order.currency !== money.currency) return 'currency_differs'
  return order.gross_minor === money.amount ? undefined : 'amount_differs'
}

/** The order is paid from now on, and a worker delivers it. Only for an order that was locked waiting for payment. */
export async function markPaid(
  ctx: Context,
  tx: Tx,
  order: { issuerId: string; orderId: string; at: Date },
): Promise<void> {
  await tx
    .updateTable('purchase_order')
    .set((e) => ({ state: 'paid', paid_at: order.at, version: e('version', '+', 1n) }))
    .where('issuer_id', '=', order.issuerId)
    .where('order_id', '=', order.orderId)
    .where('state', '=', 'awaiting_payment')
    .execute()
  await ctx.jobs.look(tx, 'order', { issuerId: order.issuerId, id: order.orderId })
}

async function keepUnmatched(
  ctx: Context,
  tx: Tx,
  kept: Receipt & { paymentId: string; reason: UnmatchedReason; order: Order | undefined },
): Promise<void> {
  const { issuerId } = kept
  const receiptId = ctx.ids.next()
  await tx
    .insertInto('unmatched_receipt')
    .values({
      issuer_id: issuerId,
      receipt_id: receiptId,
      payment_id: kept.paymentId,
      reason: kept.reason,
      order_id: kept.order?.order_id ?? null,
      order_number: kept.order?.number ?? kept.orderNumber ?? null,
      currency: kept.currency,
      amount_minor: kept.amount,
      received_at: kept.at,
    })
    .execute()
  // What came by card for an order that can't take it goes back by itself; an order that we don't know is for
  // staff to understand first; who sent a bank transfer is asked where to, and until then staff may match it.
  if (kept.provider === 'stripe' && kept.reason !== 'order_unknown')
    await ctx.jobs.look(tx, 'payment', { issuerId, id: `receipt:${receiptId}` })
  if (kept.provider === 'bank' && kept.order)
    await askWhereTo(ctx, tx, { issuerId, orderId: kept.order.order_id })
}
