import type { PayoutRoute } from './closure-view.ts'

type Payable = { amount: bigint; paidMinor: bigint; paymentProvider: string }

/**
 * Where a balance goes: back to the card payment it came from, as far as that payment was large enough; otherwise
 * by bank transfer, for which staff ask the holder's account. The same function says it before the declaration
 * and does it after.
 */
export function payoutRoute(card: Payable): PayoutRoute {
  if (card.amount === 0n) return 'nothing'
  return card.paymentProvider === 'stripe' && card.amount <= card.paidMinor
    ? 'original_payment'
    : 'bank_transfer'
}
