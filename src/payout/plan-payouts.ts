import type { PaidWith } from '../adapters/payment/port.ts'
import type { MoneyRules } from '../policy/money-rules.ts'

/**
 * Where money goes: back to a payment it came from, by bank transfer, as a voucher the holder asked for; `kept` is
 * too little to be sent by itself and stays the holder's; `nothing` means that there is none.
 */
export type PayoutRoute = 'original_payment' | 'bank_transfer' | 'voucher' | 'kept' | 'nothing'

/** A payment of the card, and how much of it could still go back: amount − charged back − parts not refused. */
export type Refundable = {
  paymentId: string
  /** The provider's name of it. */
  ref: string
  provider: string
  currency: string
  receivedAt: Date
  room: bigint
  /** Whatever goes back to it is a multiple of this: its provider carries nothing finer (adapters/payment/port.ts). */
  step: bigint
}

export type PlannedPart = {
  route: PayoutRoute
  paymentId: string | null
  amount: bigint
  /** What that payment was made with, where it was looked up (closure/name-payments.ts) and is known. */
  paidWith?: PaidWith | null
}

export type PayoutWish = {
  total: bigint
  currency: string
  payments: Refundable[]
  order: MoneyRules['payout_order']
  /** Below this, and below a provider's step, nothing is sent by itself; null when the holder asks for it: all is sent. */
  minimum: bigint | null
  /** True only when the holder asked for a voucher instead of money. */
  voucher: boolean
}

/**
 * How a sum goes back: to the payments it came from first, each with no more than is left of it and its provider can
 * carry, the rest by bank transfer, or kept where it is less than the provider's step. A voucher only when it was asked
 * for. The parts always add up to the sum.
 */
export function planPayouts(wish: PayoutWish): PlannedPart[] {
  const { total, currency, payments, minimum } = wish
  if (total === 0n) return [{ route: 'nothing', paymentId: null, amount: 0n }]
  if (wish.voucher) return [{ route: 'voucher', paymentId: null, amount: total }]
  if (minimum !== null && total < minimum) return [{ route: 'kept', paymentId: null, amount: total }]
  const parts: PlannedPart[] = []
  let rest = total
  let coarsest = 1n
  for (const payment of inOrder(payments, wish.order)) {
    if (rest === 0n) break
    if (payment.provider !== 'stripe' || payment.currency !== currency || payment.room <= 0n) continue
    if (payment.step > coarsest) coarsest = payment.step
    const most = rest < payment.room ? rest : payment.room
    const amount = most - (most % payment.step)
    if (amount === 0n) continue
    parts.push({ route: 'original_payment', paymentId: payment.paymentId, amount })
    rest -= amount
  }
  // A last digit that no provider carries is sent when its holder asks: nobody's closing waits for an IBAN over it.
  const route = minimum !== null && rest < coarsest ? 'kept' : 'bank_transfer'
  if (rest > 0n) parts.push({ route, paymentId: null, amount: rest })
  return parts
}

function inOrder(payments: Refundable[], order: MoneyRules['payout_order']): Refundable[] {
  const oldestFirst = payments.toSorted(
    (a, b) => a.receivedAt.getTime() - b.receivedAt.getTime() || a.paymentId.localeCompare(b.paymentId),
  )
  return order === 'oldest_first' ? oldestFirst : oldestFirst.reverse()
}
