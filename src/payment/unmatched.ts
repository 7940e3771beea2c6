import { settleTransfer } from '../payout/transfers.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { lockReceipt, move, note, paidKey, type Receipt } from './receipts.ts'
import { markPaid, whyUnfit } from './receive-payment.ts'
import type { PaymentRefusal } from './refusals.ts'

/**
 * Takes unmatched money for an order after all: a payer mistyped the number, or the order came after its money.
 * Throws Refusal payments/no_such_receipt, payments/receipt_settled, payments/no_such_order, payments/order_unfit.
 */
export async function matchReceipt(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; receiptId: string; orderNumber: string },
): Promise<void> {
  const { issuerId, receiptId, orderNumber } = input
  const receipt = await openReceipt(tx, input)
  // Its payment is that of another order or card already: it can't be this one's as well.
  if (receipt.reason === 'chargeback_won') throw refused('payments/order_unfit', { why: receipt.reason })
  const order = await tx
    .selectFrom('purchase_order')
    .select(['order_id', 'state', 'currency', 'gross_minor'])
    .where('issuer_id', '=', issuerId)
    .where('number', '=', orderNumber)
    .forUpdate()
    .executeTakeFirst()
  const unfit = whyUnfit(order, receipt)
  if (!order) throw refused('payments/no_such_order')
  if (unfit) throw refused('payments/order_unfit', { why: unfit })
  await tx
    .updateTable('payment')
    .set({ order_id: order.order_id })
    .where('issuer_id', '=', issuerId)
    .where('payment_id', '=', receipt.paymentId)
    .execute()
  await move(ctx, tx, receipt, {
    key: `receipt:${receiptId}:matched`,
    from: 'unmatched_receipts',
    to: 'orders_in_hand',
    reason: 'payment_received',
  })
  await note(tx, input, { state: 'matched', settled_at: ctx.clock.now() })
  await markPaid(ctx, tx, { issuerId, orderId: order.order_id, at: receipt.receivedAt })
}

/**
 * Staff decide that the provider gives it back, or that it be asked once more after a refusal.
 * Throws Refusal payments/no_such_receipt, payments/receipt_settled, payments/not_by_provider.
 */
export async function refundReceipt(
  ctx: Context,
  tx: Tx,
  id: { issuerId: string; receiptId: string },
): Promise<void> {
  const receipt = await lockReceipt(tx, id)
  if (!receipt) throw refused('payments/no_such_receipt')
  if (receipt.provider !== 'stripe') throw refused('payments/not_by_provider')
  if (receipt.state === 'refunding' && receipt.refusal !== null)
    await note(tx, id, { refusal: null, tries: receipt.tries + 1, told_at: null })
  else if (receipt.state !== 'waiting') throw refused('payments/receipt_settled')
  await ctx.jobs.look(tx, 'payment', { issuerId: id.issuerId, id: `receipt:${id.receiptId}` })
}

/**
 * Staff sent the money back themselves (a bank transfer they made, a refund on the provider's own page); the
 * reference is the evidence. Throws Refusal payments/no_such_receipt, payments/receipt_settled.
 */
export async function noteReturned(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; receiptId: string; reference: string },
): Promise<void> {
  const receipt = await lockReceipt(tx, input)
  if (!receipt) throw refused('payments/no_such_receipt')
  const part = await openTransfer(tx, input)
  if (part) {
    await settleTransfer(ctx, tx, { issuerId: input.issuerId, part, reference: input.reference })
    return
  }
  const refusedBefore = receipt.state === 'refunding' && receipt.refusal !== null
  if (receipt.state !== 'waiting' && !refusedBefore) throw refused('payments/receipt_settled')
  await move(ctx, tx, receipt, {
    key: paidKey(receipt),
    from: refusedBefore ? 'refunds_payable' : 'unmatched_receipts',
    to: receipt.provider === 'bank' ? 'cash_at_bank' : 'cash_at_provider',
    reason: 'unmatched_returned',
  })
  await note(tx, input, { state: 'returned', reference: input.reference, settled_at: ctx.clock.now() })
}

/** Its buyer has named an account: what staff send by hand takes the place of that transfer. */
async function openTransfer(tx: Tx, { issuerId, receiptId }: { issuerId: string; receiptId: string }) {
  const row = await tx
    .selectFrom('payout_part')
    .select(['part_id', 'currency', 'amount_minor'])
    .where('issuer_id', '=', issuerId)
    .where('receipt_id', '=', receiptId)
    .where('state', 'in', ['waiting', 'sent'])
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!row) return undefined
  const { part_id: partId, amount_minor: amount, currency } = row
  return { partId, amount, currency, closureId: null, receiptId }
}

async function openReceipt(tx: Tx, id: { issuerId: string; receiptId: string }): Promise<Receipt> {
  const receipt = await lockReceipt(tx, id)
  if (!receipt) throw refused('payments/no_such_receipt')
  if (receipt.state !== 'waiting') throw refused('payments/receipt_settled')
  return receipt
}

function refused(code: PaymentRefusal, facts: Record<string, string> = {}): Refusal {
  return new Refusal(code, facts)
}
