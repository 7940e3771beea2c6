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
}

export type PlannedPart = { route: PayoutRoute; paymentId: string | null; amount: bigint }

export type PayoutWish = {
  total: bigint
  currency: string
  payments: Refundable[]
  order: MoneyRules['payout_order']
  /** Below this nothing is sent by itself. */
  minimum: bigint
  /** True only when the holder asked for a voucher instead of money. */
  voucher: boolean
}

/**
 * How a sum goes back: to the payments it came from first, each with no more than is left of it, the rest by bank
 * transfer. A voucher only when it was asked for. The parts always add up to the sum.
 */
export function planPayouts(wish: PayoutWish): PlannedPart[] {
  const { total, currency, payments } = wish
  if (total === 0n) return [{ route: 'nothing', paymentId: null, amount: 0n }]
  if (wish.voucher) return [{ route: 'voucher', paymentId: null, amount: total }]
  if (total < wish.minimum) return [{ route: 'kept', paymentId: null, amount: total }]
  const parts: PlannedPart[] = []
  let rest = total
  for (const payment of inOrder(payments, wish.order)) {
    if (rest === 0n) break
    if (payment.provider !== 'stripe' || payment.currency !== currency || payment.room <= 0n) continue
    const amount = rest < payment.room ? rest : payment.room
    parts.push({ route: 'original_payment', paymentId: payment.paymentId, amount })
    rest -= amount
  }
  if (rest > 0n) parts.push({ route: 'bank_transfer', paymentId: null, amount: rest })
  return parts
}

function inOrder(payments: Refundable[], order: MoneyRules['payout_order']): Refundable[] {
  const oldestFirst = payments.toSorted(
    (a, b) => a.receivedAt.getTime() - b.receivedAt.getTime() || a.paymentId.localeCompare(b.paymentId),
  )
  return order === 'oldest_first' ? oldestFirst : oldestFirst.reverse()
}
