import { randomUUID } from 'node:crypto'

export type SimPayment = {
  id: string
  amount: number
  currency: string
  /** `succeeded` unless told. */
  status?: string
  /** Seconds. */
  created?: number
  metadata?: Record<string, string>
  /** Stripe's payment_method_details; a Visa ending 4242 unless told, null where the charge says nothing of it. */
  method?: Record<string, unknown> | null
}
export type SimRefund = {
  id: string
  object: 'refund'
  amount: number
  currency: string
  payment_intent: string
  status: string
  created: number
  metadata: Record<string, string>
}

export type RefundBook = {
  /** Also changes a payment that is known. */
  seed(payments: SimPayment[]): void
  payment(id: string): SimPayment | undefined
  payments(): SimPayment[]
  /** Newest first. */
  refundsOf(paymentRef: string): SimRefund[]
  refund(id: string): SimRefund | undefined
  refunds(): SimRefund[]
  /** What of a payment is not given back; a failed refund gave nothing back. */
  left(payment: SimPayment): number
  add(payment: SimPayment, amount: number, status: string, metadata: Record<string, string>): SimRefund
  /** Pending refunds reach the payer; answers them. */
  settle(): SimRefund[]
}

/** The amount of a payment that was made up: 100,000.00 or equivalent. */
const LAZY_AMOUNT = 10_000_000

/**
 * The payments and refunds of one provider. With `lazyCurrency` payments never heard of are made up, so that a
 * bench of 10,000 cards seeds nothing: the currency is the part of the id that looks like one (`pi_x_eur_1`),
 * else this one.
 */
export function openRefundBook(lazyCurrency: string | undefined, now: () => number = Date.now): RefundBook {
  const payments = new Map<string, SimPayment>()
  const byPayment = new Map<string, SimRefund[]>()
  const byId = new Map<string, SimRefund>()
  const refundsOf = (paymentRef: string) => byPayment.get(paymentRef) ?? []
  return {
    seed(list) {
      for (const payment of list) {
        payments.set(payment.id, { ...payment, currency: payment.currency.toLowerCase() })
      }
    },
    payment(id) {
      const known = payments.get(id)
      if (known !== undefined || lazyCurrency === undefined) return known
      const currency = /_([a-z]{3})_/.exec(id)?.[1] ?? lazyCurrency
      const created = { id, amount: LAZY_AMOUNT, currency }
      payments.set(id, created)
      return created
    },
    payments: () => [...payments.values()],
    refundsOf,
    refund: (id) => byId.get(id),
    refunds: () => [...byId.values()],
    left: ({ id, amount }) =>
      refundsOf(id).reduce((rest, refund) => rest - (refund.status === 'failed' ? 0 : refund.amount), amount),
    add(payment, amount, status, metadata) {
      const refund: SimRefund = {
        id: `re_${randomUUID().replaceAll('-', '')}`,
        object: 'refund',
        amount,
        currency: payment.currency,
        payment_intent: payment.id,
        status,
        created: Math.floor(now() / 1000),
        metadata,
      }
      byPayment.set(payment.id, [refund, ...refundsOf(payment.id)])
      byId.set(refund.id, refund)
      return refund
    },
    settle() {
      const pending = [...byId.values()].filter((refund) => refund.status === 'pending')
      for (const refund of pending) refund.status = 'succeeded'
      return pending
    },
  }
}

/** Refunds made and money given back, by payment and by LEB's key. */
export function countRefunds(refunds: SimRefund[]): unknown {
  const byPayment: Record<string, { refunds: number; amount: number; currency: string }> = {}
  const byKey: Record<string, number> = {}
  for (const refund of refunds) {
    const sum = (byPayment[refund.payment_intent] ??= { refunds: 0, amount: 0, currency: refund.currency })
    sum.refunds += 1
    if (refund.status !== 'failed') sum.amount += refund.amount
    const key = refund.metadata.leb_key ?? ''
    byKey[key] = (byKey[key] ?? 0) + 1
  }
  return { total: refunds.length, byPayment, byKey }
}
