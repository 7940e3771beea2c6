import type Stripe from 'stripe'
import { Temporal } from 'temporal-polyfill'
import type { Answer, Evidence } from '../answer.ts'
import type { OpenedPayment, PaymentState, PaymentToOpen } from './port.ts'
import { fromStripeAmount, toStripeAmount } from './stripe-amount.ts'
import { judgeStripeError } from './stripe-errors.ts'
import { paidWithOf } from './stripe-paid-with.ts'
import { checkoutSession, openedSession, payingIntent, type PayingIntent } from './stripe-messages.ts'

export type Checkout = {
  stripe: Stripe
  /** Written on every payment, so that issuers who share one account don't take each other's money for theirs. */
  owner: string
}

/**
 * A Checkout Session in payment mode (docs.stripe.com/api/checkout/sessions). Nothing of the payer is sent: who pays
 * gives Stripe what Stripe wants. Idempotent by key for the 24 hours that Stripe remembers keys, which is as long as
 * a session can live; the same request must therefore be the same to the letter, `until` included.
 */
export async function openPayment(
  { stripe, owner }: Checkout,
  request: PaymentToOpen,
): Promise<Answer<OpenedPayment>> {
  const evidence = { provider: 'stripe' }
  if (request.amount <= 0n)
    return { kind: 'refused', code: 'amount_not_positive', reason: 'there is nothing to pay', evidence }
  const amount = toStripeAmount(request.amount, request.currency)
  if (amount === undefined) {
    const reason = 'the provider has no such amount in this currency'
    return { kind: 'refused', code: 'amount_not_representable', reason, evidence }
  }
  const metadata = { leb_order: request.orderNumber, leb_key: request.key, leb_issuer: owner }
  const created = await stripe.checkout.sessions.create(
    {
      mode: 'payment',
      line_items: [
        {
          quantity: 1,
          price_data: {
            currency: request.currency.toLowerCase(),
            unit_amount: amount,
            product_data: { name: request.description },
          },
        },
      ],
      success_url: request.returnUrl,
      cancel_url: request.cancelUrl,
      locale: request.locale === 'zh-CN' ? 'zh' : 'en',
      // The price is what we said, in the currency in which we said it.
      adaptive_pricing: { enabled: false },
      client_reference_id: request.orderNumber,
      metadata,
      payment_intent_data: { metadata },
      ...(request.until === undefined ? {} : { expires_at: Math.floor(request.until.getTime() / 1_000) }),
    },
    { idempotencyKey: request.key },
  )
  const session = openedSession.parse(created)
  // An answer about anything but what was asked for opens no payment.
  if (session.amount_total !== amount || session.currency.toUpperCase() !== request.currency)
    return { kind: 'unknown', reason: 'unreadable_answer' }
  // The same key after the payer was done: there is no page any more.
  if (session.url === null)
    return {
      kind: 'refused',
      code: 'page_over',
      reason: 'this page is over',
      evidence: { ...evidence, reference: session.id },
    }
  return {
    kind: 'done',
    evidence: { ...evidence, reference: session.id, at: instant(session.created) },
    value: { ref: session.id, payUrl: session.url, until: instant(session.expires_at) },
  }
}

/** By the session (cs_…) or by the payment intent (pi_…), whichever an event or our own order names. */
export async function readPayment(checkout: Checkout, ref: string): Promise<Answer<PaymentState>> {
  const { stripe } = checkout
  if (ref.startsWith('pi_')) {
    const intent = payingIntent.parse(
      await stripe.paymentIntents.retrieve(ref, { expand: ['latest_charge'] }),
    )
    return answerState(checkout, { id: intent.id, state: stateOfIntent(intent), intent, asked: intent })
  }
  const session = checkoutSession.parse(
    await stripe.checkout.sessions.retrieve(ref, { expand: ['payment_intent.latest_charge'] }),
  )
  const asked = { amount: session.amount_total, currency: session.currency, created: session.created }
  const intent = session.payment_intent ?? undefined
  const state = stateOfSession(session.status, intent)
  return answerState(checkout, { id: session.id, state, intent, asked, metadata: session.metadata })
}

function stateOfIntent({ status }: PayingIntent): PaymentState['state'] {
  if (status === 'succeeded') return 'paid'
  if (status === 'processing') return 'processing'
  return status === 'canceled' ? 'over' : 'open'
}

function stateOfSession(status: string | null, intent: PayingIntent | undefined): PaymentState['state'] {
  const paying = intent && stateOfIntent(intent)
  // Money that is there is there, whatever the page says.
  if (paying === 'paid' || paying === 'processing') return paying
  // Complete without money: a bank said no after the payer was done, and the page takes no second try.
  return status === 'open' ? 'open' : 'over'
}

function answerState(
  { owner }: Checkout,
  read: {
    id: string
    state: PaymentState['state']
    intent: PayingIntent | undefined
    asked: { amount: number; currency: string; created: number }
    metadata?: Record<string, string> | null | undefined
  },
): Answer<PaymentState> {
  const { id, state, intent, asked } = read
  const paid = state === 'paid' && intent
  const currency = (paid ? intent.currency : asked.currency).toUpperCase()
  const amount = fromStripeAmount(paid ? intent.amount_received : asked.amount, currency)
  if (amount === undefined) return { kind: 'unknown', reason: 'amount_not_readable' }
  const at = instant(intent?.latest_charge?.created ?? intent?.created ?? asked.created)
  const metadata = read.metadata ?? intent?.metadata
  const ours = metadata?.leb_issuer === owner ? metadata.leb_order : undefined
  const paidWith = paid ? paidWithOf(intent.latest_charge?.payment_method_details) : undefined
  const evidence: Evidence = { provider: 'stripe', reference: id, at, detail: { state } }
  return {
    kind: 'done',
    evidence,
    value: {
      state,
      amount,
      currency,
      at,
      ...(intent === undefined ? {} : { paymentRef: intent.id }),
      ...(paidWith === undefined ? {} : { paidWith }),
      ...(ours === undefined ? {} : { orderNumber: ours }),
    },
  }
}

/** Reads first, for only an open session can be expired; reads again when the payer was faster. */
export async function expirePayment(checkout: Checkout, ref: string): Promise<Answer> {
  const standing = async (): Promise<Answer | undefined> => {
    const answer = await readPayment(checkout, ref)
    if (answer.kind !== 'done') return answer
    const { state } = answer.value
    if (state === 'over') return { kind: 'done', evidence: answer.evidence, value: {} }
    if (state === 'open') return undefined
    const { evidence } = answer
    return { kind: 'refused', code: 'already_paid', reason: 'the payer has paid', evidence }
  }
  const before = await standing()
  if (before !== undefined) return before
  try {
    const session = checkoutSession.parse(
      await checkout.stripe.checkout.sessions.expire(ref, { expand: ['payment_intent'] }),
    )
    if (session.status !== 'expired') return { kind: 'unknown', reason: 'unreadable_answer' }
    return { kind: 'done', evidence: { provider: 'stripe', reference: session.id }, value: {} }
  } catch (error) {
    const no = judgeStripeError(error)
    return no.kind === 'refused' ? ((await standing()) ?? no) : no
  }
}

export function instant(seconds: number): string {
  return Temporal.Instant.fromEpochMilliseconds(seconds * 1_000).toString()
}
