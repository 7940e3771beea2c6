import Stripe from 'stripe'
import { event as eventSchema } from './stripe-messages.ts'

/** What a webhook is about. `ref` is what to ask Stripe for; nothing else in the event is believed. */
export type StripeEvent = {
  id: string
  kind: string
  happenedAt: Date
  about:
    | { what: 'payment' | 'dispute'; ref: string }
    /** LEB's own key of the refund, if it has one. */
    | { what: 'refund'; ref: string; key: string }
    /** Refunds that bear no key of LEB's: `ref` is the payment whose refunds are to be read, as `refunds:pi_…`. */
    | { what: 'refunds'; ref: string }
    | { what: 'nothing_of_ours' }
}

export type HeardEvent = { ok: true; event: StripeEvent } | { ok: false; why: 'forged' | 'unreadable' }

/** docs.stripe.com/webhooks: a signature older than this is a replay. */
const tolerance_seconds = 300

// Only its signature check is used, which needs no key and calls nobody.
const { webhooks } = new Stripe('sk_unused')

/**
 * Checks the signature over the raw body (docs.stripe.com/webhooks/signature) against each secret, so that one can
 * replace another without a gap, and reads whom it is about.
 * @param input.now the time against which the signature's own is held
 */
export function hearStripeEvent(input: {
  body: string
  signature: string | undefined
  secrets: string[]
  now: Date
}): HeardEvent {
  const { body, signature, secrets, now } = input
  if (signature === undefined || !secrets.some((secret) => isSignedWith(secret, { body, signature, now })))
    return { ok: false, why: 'forged' }
  const parsed = eventSchema.safeParse(asJson(body))
  if (!parsed.success) return { ok: false, why: 'unreadable' }
  const { id, type, created, data } = parsed.data
  const happenedAt = new Date(created * 1_000)
  return { ok: true, event: { id, kind: type, happenedAt, about: whatAbout(type, data.object) } }
}

function isSignedWith(
  secret: string,
  { body, signature, now }: { body: string; signature: string; now: Date },
) {
  try {
    // The package only forbids old signatures; one from the future would be good for as long again.
    const at = Number(/(?:^|,)\s*t=(\d{1,12})(?:,|$)/.exec(signature)?.[1])
    if (!(Math.abs(now.getTime() / 1_000 - at) <= tolerance_seconds)) return false
    webhooks.constructEvent(body, signature, secret, tolerance_seconds, undefined, now.getTime())
    return true
  } catch {
    return false
  }
}

function whatAbout(
  type: string,
  {
    id: ref = '',
    metadata,
    payment_intent: payment,
  }: {
    id?: string | undefined
    metadata?: Record<string, string> | null | undefined
    payment_intent?: string | undefined
  },
): StripeEvent['about'] {
  if (type.startsWith('checkout.session.') && ref.startsWith('cs_')) return { what: 'payment', ref }
  if (type.startsWith('payment_intent.') && ref.startsWith('pi_')) return { what: 'payment', ref }
  if (type.startsWith('charge.dispute.') && /^(dp|du)_/.test(ref)) return { what: 'dispute', ref }
  const isRefund = /^(refund\.|charge\.refund\.)/.test(type) && /^(re|pyr)_/.test(ref)
  if (isRefund && metadata?.leb_key) return { what: 'refund', ref, key: metadata.leb_key }
  if ((isRefund || type === 'charge.refunded') && payment?.startsWith('pi_'))
    return { what: 'refunds', ref: `refunds:${payment}` }
  return { what: 'nothing_of_ours' }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
