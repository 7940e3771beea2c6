import type Stripe from 'stripe'
import type { Answer } from '../answer.ts'
import type { DisputeState } from './port.ts'
import { fromStripeAmount } from './stripe-amount.ts'
import { instant } from './stripe-checkout.ts'
import { dispute as disputeSchema } from './stripe-messages.ts'

/**
 * docs.stripe.com/api/disputes/object: a dispute takes the money at once and decides later; an inquiry (`warning_…`)
 * takes nothing. Unknown states stay unknown, for each would move money.
 */
export async function readDispute(stripe: Stripe, ref: string): Promise<Answer<DisputeState>> {
  const dispute = disputeSchema.parse(await stripe.disputes.retrieve(ref))
  const currency = dispute.currency.toUpperCase()
  const amount = fromStripeAmount(dispute.amount, currency)
  const state = STATES[dispute.status]
  if (state === undefined || amount === undefined)
    return { kind: 'unknown', reason: 'dispute_in_unclear_state' }
  // Disputes of charges without a payment intent belong to no payment that LEB knows.
  if (dispute.payment_intent === null) return { kind: 'unknown', reason: 'dispute_without_payment_intent' }
  const at = instant(dispute.created)
  return {
    kind: 'done',
    evidence: { provider: 'stripe', reference: dispute.id, at, detail: { status: dispute.status } },
    value: { disputeRef: dispute.id, paymentRef: dispute.payment_intent, amount, currency, state, at },
  }
}

// A charge has one dispute, in rare cases two.
const most_disputes = 100

export async function listDisputes(stripe: Stripe, paymentRef: string): Promise<Answer<string[]>> {
  const { data, has_more } = await stripe.disputes.list({ payment_intent: paymentRef, limit: most_disputes })
  if (has_more) return { kind: 'unknown', reason: 'too_many_disputes' }
  const value = data.map((one) => disputeSchema.parse(one).id)
  return { kind: 'done', evidence: { provider: 'stripe' }, value }
}

const STATES: Record<string, DisputeState['state']> = {
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: 'inquiry',
  prevented: 'inquiry',
  needs_response: 'open',
  appeal_needs_response: 'open',
  appeal_under_review: 'open',
  under_review: 'open',
  won: 'won',
  lost: 'lost',
}
