import type { RefundState } from '../adapters/payment/port.ts'
import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import { lockReceipt, move, note, paidKey } from './receipts.ts'
import type { RefundedPayment } from './take-refunds-by-hand.ts'

type Made = { issuerId: string; paymentRef: string; payments: RefundedPayment[]; refund: RefundState }

/**
 * The provider's cash is less by the refund; until somebody's claim is met by it, it stands in `refunds_by_hand`, and
 * its part counts against the payment. Money that nobody had ordered is settled by it at once. A refund older than
 * the card is here was told with the card's own figures, and is only known from then on.
 */
export async function bookRefundByHand(ctx: Context, tx: Tx, made: Made): Promise<void> {
  const { issuerId, refund } = made
  const payment = await payerOf(tx, made)
  const { amount, currency, refundRef } = refund
  const at = new Date(refund.at)
  // The provider counts in whole seconds.
  const isOlder = payment.here_since !== null && at.getTime() + 1_000 <= payment.here_since.getTime()
  const settled = !isOlder && (await settleReceipt(ctx, tx, made, payment))
  const partId = isOlder || settled ? null : ctx.ids.next()
  if (partId !== null) {
    await tx
      .insertInto('payout_part')
      .values({
        issuer_id: issuerId,
        part_id: partId,
        card_id: payment.card_id,
        ord: 0,
        route: 'original_payment',
        payment_id: payment.payment_id,
        currency,
        amount_minor: amount,
        state: 'paid',
        reference: refundRef,
        paid_at: at,
      })
      .execute()
    await bookCash(ctx, tx, { issuerId, key: `by_hand:${refundRef}`, amount, currency })
  }
  await tx
    .insertInto('refund_by_hand')
    .values({
      issuer_id: issuerId,
      provider: 'stripe',
      refund_ref: refundRef,
      payment_id: payment.payment_id,
      payment_ref: made.paymentRef,
      part_id: partId,
      currency,
      amount_minor: amount,
      left_minor: partId === null ? 0n : amount,
      state: isOlder ? 'before' : 'waiting',
      made_at: at,
      seen_at: ctx.clock.now(),
    })
    .execute()
}

/** Of several cards that one payment paid for: the one that waits for exactly this much, else the first. */
async function payerOf(tx: Tx, { issuerId, payments, refund }: Made): Promise<RefundedPayment> {
  const [first] = payments
  assert(first, 'a refund is of a payment')
  if (payments.length === 1) return first
  const waiting = await tx
    .selectFrom('payout_part')
    .select('payment_id')
    .where('issuer_id', '=', issuerId)
    .where(
      'payment_id',
      'in',
      payments.map((payment) => payment.payment_id),
    )
    .where('state', '=', 'waiting')
    .where('amount_minor', '=', refund.amount)
    .orderBy('part_id')
    .executeTakeFirst()
  return payments.find((payment) => payment.payment_id === waiting?.payment_id) ?? first
}

/** Money without an order, given back whole by hand, is settled; true then. */
async function settleReceipt(ctx: Context, tx: Tx, made: Made, payment: RefundedPayment): Promise<boolean> {
  const { issuerId, refund } = made
  const found = await tx
    .selectFrom('unmatched_receipt')
    .select('receipt_id')
    .where('issuer_id', '=', issuerId)
    .where('payment_id', '=', payment.payment_id)
    .where('reason', '<>', 'chargeback_won')
    .where('state', 'in', ['waiting', 'refunding'])
    .executeTakeFirst()
  const receipt = found && (await lockReceipt(tx, { issuerId, receiptId: found.receipt_id }))
  if (!receipt || receipt.amount !== refund.amount) return false
  await move(ctx, tx, receipt, {
    key: paidKey(receipt),
    from: receipt.state === 'refunding' ? 'refunds_payable' : 'unmatched_receipts',
    to: 'cash_at_provider',
    reason: 'unmatched_returned',
  })
  await note(tx, receipt, {
    state: 'returned',
    refusal: null,
    reference: refund.refundRef,
    settled_at: ctx.clock.now(),
  })
  return true
}

/** Above 0 left the provider, below 0 came back. */
export async function bookCash(
  ctx: Context,
  tx: Tx,
  of: { issuerId: string; key: string; amount: bigint; currency: string },
): Promise<void> {
  const { issuerId, key, amount, currency } = of
  const kinds = ['cash_at_provider', 'refunds_by_hand'] as const
  const house = await houseAccounts(ctx, tx, { issuerId, kinds: [...kinds], currency })
  await post(ctx, tx, {
    issuerId,
    key,
    reason: 'refunded_by_hand',
    entries: [
      { accountId: house.cash_at_provider!, amount },
      { accountId: house.refunds_by_hand!, amount: -amount },
    ],
  })
}
