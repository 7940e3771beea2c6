import { randomUUID } from 'node:crypto'
import { DISPUTE_FEE, type BalanceBook } from './payment-balance.ts'
import type { RefundBook } from './refund-book.ts'

export type SimDispute = {
  id: string
  object: 'dispute'
  amount: number
  currency: string
  created: number
  status: string
  payment_intent: string
  charge: string
  reason: string
}

export type DisputeBook = {
  /** A payer's bank takes a payment back (or, as an inquiry, only asks). Answers undefined for unknown payments. */
  open(payment: string, options?: { amount?: number; inquiry?: boolean }): SimDispute | undefined
  close(id: string, status: 'won' | 'lost' | 'warning_closed'): SimDispute | undefined
  find(id: string): SimDispute | undefined
  all(): SimDispute[]
}

/** docs.stripe.com/disputes: the money goes at once, comes back when won, and the fee stays either way. */
export function openDisputeBook(
  book: RefundBook,
  balance: BalanceBook,
  tell: (type: string, object: object) => void,
  now: () => number,
): DisputeBook {
  const disputes = new Map<string, SimDispute>()
  return {
    open(paymentId, { amount, inquiry = false } = {}) {
      const payment = book.payment(paymentId)
      if (payment === undefined) return undefined
      const dispute: SimDispute = {
        id: `du_${randomUUID().replaceAll('-', '')}`,
        object: 'dispute',
        amount: amount ?? payment.amount,
        currency: payment.currency,
        created: Math.floor(now() / 1_000),
        status: inquiry ? 'warning_needs_response' : 'needs_response',
        payment_intent: paymentId,
        charge: paymentId.replace(/^pi_/, 'ch_'),
        reason: 'fraudulent',
      }
      disputes.set(dispute.id, dispute)
      tell('charge.dispute.created', dispute)
      if (inquiry) return dispute
      balance.add({ ...moved(dispute), gross: -dispute.amount, fee: DISPUTE_FEE, category: 'dispute' })
      tell('charge.dispute.funds_withdrawn', dispute)
      return dispute
    },
    close(id, status) {
      const dispute = disputes.get(id)
      if (dispute === undefined) return undefined
      dispute.status = status
      if (status === 'won') {
        balance.add({ ...moved(dispute), gross: dispute.amount, fee: 0, category: 'dispute_reversal' })
        tell('charge.dispute.funds_reinstated', dispute)
      }
      tell('charge.dispute.closed', dispute)
      return dispute
    },
    find: (id) => disputes.get(id),
    all: () => [...disputes.values()],
  }
}

function moved(dispute: SimDispute) {
  return { currency: dispute.currency, source: dispute.id, payment: dispute.payment_intent }
}
