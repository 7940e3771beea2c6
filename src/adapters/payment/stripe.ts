import Stripe from 'stripe'
import { Temporal } from 'temporal-polyfill'
import type { Answer, Evidence } from '../answer.ts'
import { keepAliveAgent } from '../raw-call.ts'
import type { PaidWith, PaymentPort, Refunded, RefundRefusal, RefundRequest, RefundState } from './port.ts'
import { fromStripeAmount, toStripeAmount } from './stripe-amount.ts'
import { expirePayment, openPayment, readPayment } from './stripe-checkout.ts'
import { listDisputes, readDispute } from './stripe-disputes.ts'
import { judgeStripeError, named } from './stripe-errors.ts'
import { LimitedStripeClient } from './stripe-http.ts'
import { paymentIntent, refund as refundSchema, refundList, type StripeRefund } from './stripe-messages.ts'
import { paidWithOf } from './stripe-paid-with.ts'

export type StripeConfig = {
  apiKey: string
  /** Whose payments are opened here, written on each: an issuer's id. */
  owner: string
  /** Where the API lies; api.stripe.com over TLS unless told. A path in it is not supported by the package. */
  url?: string | undefined
  /** Hard limit for one exchange, in ms; 20 s unless told (Stripe's own refunds can take 10 s). */
  timeoutMs?: number | undefined
  maxBytes?: number | undefined
  /** How long to leave a pending refund alone, in ms; 60 s unless told. */
  askAgainInMs?: number | undefined
  /** What the holder is told; Stripe says 5 to 10 working days for cards. */
  arrivesByDays?: number | undefined
}

type Context = { stripe: Stripe; askAgainInMs: number; arrivesByDays: number }

/** More refunds than this on one payment is no case of ours; then nothing is refunded before a person looks. */
const MAX_REFUND_PAGES = 5

/** From the first look at a payment to asking for its refund; far less than others wait (payout/believe-refusal.ts). */
const LONGEST_LOOK_MS = 120_000

/**
 * Payments and refunds through Stripe. Stripe forgets idempotency keys after 24 hours, so a refund carries its key in its
 * metadata as well, and is looked for there before one is created; the idempotency key itself guards the
 * moment between looking and creating, also against a second worker.
 *
 * Stripe also remembers a 500 under an idempotency key: such a refund stays `unknown` until the key is
 * forgotten, and is then created. That is slow and right; a new key would be fast and might pay twice.
 */
export function stripePayment(config: StripeConfig): PaymentPort {
  const url = new URL(config.url ?? 'https://api.stripe.com')
  const secure = url.protocol === 'https:'
  const agent = keepAliveAgent({ secure })
  const stripe = new Stripe(config.apiKey, {
    host: url.hostname,
    port: url.port || (secure ? 443 : 80),
    protocol: secure ? 'https' : 'http',
    httpClient: new LimitedStripeClient(agent, config.maxBytes ?? 1_048_576),
    timeout: config.timeoutMs ?? 20_000,
    // Repeating is the journal's decision, not the package's.
    maxNetworkRetries: 0,
    telemetry: false,
  })
  const context = {
    stripe,
    askAgainInMs: config.askAgainInMs ?? 60_000,
    arrivesByDays: config.arrivesByDays ?? 10,
  }
  const checkout = { stripe, owner: config.owner }
  return {
    openPayment: (request) =>
      openPayment(checkout, request)
        .catch(judgeStripeError)
        .then(named({ key_used_for_another_refund: 'key_used_for_another_payment' })),
    readPayment: (ref) => readPayment(checkout, ref).catch(judgeStripeError),
    expirePayment: (ref) => expirePayment(checkout, ref).catch(judgeStripeError),
    readDispute: (ref) =>
      readDispute(stripe, ref)
        .catch(judgeStripeError)
        .then(named({ payment_unknown: 'dispute_unknown' })),
    listDisputes: (paymentRef) => listDisputes(stripe, paymentRef).catch(judgeStripeError),
    refund: (request) => refundOnce(context, request).catch(judgeStripeError),
    readRefunds: (paymentRef) => readRefunds(context, paymentRef).catch(judgeStripeError),
    ask: (question) => ask(context, question).catch(judgeStripeError),
    close: () => agent.destroy(),
  }
}

async function ask(
  context: Context,
  question: { key: string; paymentRef: string },
): Promise<Answer<Refunded>> {
  const refunds = await listRefunds(context, question.paymentRef)
  if (refunds === undefined) return { kind: 'unknown', reason: 'too_many_refunds' }
  const found = refunds.find((refund) => keyOf(refund) === question.key)
  if (found === undefined) return { kind: 'unknown', reason: 'no_refund_with_this_key' }
  // Its name is no reason to ask for the refund once more.
  const payment =
    found.status !== 'succeeded'
      ? undefined
      : await findPayment(context, question.paymentRef).catch(() => undefined)
  return judgeRefund(context, found, paidWithOf(payment?.latest_charge?.payment_method_details))
}

async function refundOnce(context: Context, request: RefundRequest): Promise<Answer<Refunded>> {
  const begun = performance.now()
  if (request.amount <= 0n) return refused('amount_not_positive')
  const amount = toStripeAmount(request.amount, request.currency)
  if (amount === undefined) return refused('amount_not_representable')

  const [payment, refunds] = await Promise.all([
    findPayment(context, request.paymentRef),
    listRefunds(context, request.paymentRef),
  ])
  if (refunds === undefined) return { kind: 'unknown', reason: 'too_many_refunds' }
  const paidWith = paidWithOf(payment.latest_charge?.payment_method_details)
  const before = refunds.find((refund) => keyOf(refund) === request.key)
  const isOurs = (refund: StripeRefund) =>
    refund.amount === amount && refund.currency.toUpperCase() === request.currency
  if (before !== undefined) {
    return isOurs(before)
      ? judgeRefund(context, before, paidWith)
      : refused('key_used_for_another_refund', before.id)
  }
  // A refusal may have come after the work: what an earlier try of the same payout gave back is not given twice.
  const earlier = refunds.find(
    (refund) => payoutOf(keyOf(refund)) === payoutOf(request.key) && isOurs(refund) && !isOver(refund),
  )
  if (earlier !== undefined) return judgeRefund(context, earlier, paidWith)
  if (payment.currency.toUpperCase() !== request.currency) return refused('currency_differs', payment.id)
  const givenBack = refunds.filter((refund) => !isOver(refund))
  const unknown = givenBack.find(
    (refund) => keyOf(refund) === undefined && !request.knownByHand?.includes(refund.id),
  )
  if (unknown) return refused('refunded_by_hand', unknown.id)
  const left = givenBack.reduce((rest, refund) => rest - refund.amount, payment.amount_received)
  if (amount > left) return refused('more_than_paid', payment.id)

  // A process that was stopped between looking and asking: what it has seen is old, and others may have given up waiting.
  if (performance.now() - begun > LONGEST_LOOK_MS) return { kind: 'unknown', reason: 'looked_too_long' }
  const created = await context.stripe.refunds.create(
    { payment_intent: request.paymentRef, amount, metadata: { leb_key: request.key } },
    { idempotencyKey: request.key },
  )
  const refund = refundSchema.parse(created)
  // An answer about anything but what was asked for proves nothing.
  if (!isOurs(refund) || keyOf(refund) !== request.key) {
    return { kind: 'unknown', reason: 'unreadable_answer' }
  }
  return judgeRefund(context, refund, paidWith)
}

/** With its charge where the key may read that: it only names what was paid with, and no refund waits for a name. */
async function findPayment({ stripe }: Context, ref: string) {
  const found = await stripe.paymentIntents
    .retrieve(ref, { expand: ['latest_charge'] })
    .catch((error: unknown) => {
      if (!(error instanceof Stripe.errors.StripePermissionError)) throw error
      return stripe.paymentIntents.retrieve(ref)
    })
  return paymentIntent.parse(found)
}

const isOver = ({ status }: StripeRefund) => status === 'failed' || status === 'canceled'

async function readRefunds(context: Context, paymentRef: string): Promise<Answer<RefundState[]>> {
  const refunds = await listRefunds(context, paymentRef)
  if (refunds === undefined) return { kind: 'unknown', reason: 'too_many_refunds' }
  const value: RefundState[] = []
  for (const refund of refunds) {
    const currency = refund.currency.toUpperCase()
    const amount = fromStripeAmount(refund.amount, currency)
    if (amount === undefined) return { kind: 'unknown', reason: 'unreadable_answer' }
    const key = keyOf(refund)
    value.push({
      refundRef: refund.id,
      ...(key === undefined ? {} : { key }),
      amount,
      currency,
      isOver: isOver(refund),
      at: instantOf(refund.created),
    })
  }
  return { kind: 'done', evidence: { provider: 'stripe' }, value }
}

const instantOf = (seconds: number) => Temporal.Instant.fromEpochMilliseconds(seconds * 1_000).toString()

/** LEB's own name of a refund. An empty one is none: whoever left that there was not LEB. */
const keyOf = ({ metadata }: StripeRefund) => metadata?.leb_key || undefined

/** Tries of one payout have its key, then `:1`, `:2` … (closure/story.ts, newRow). */
const payoutOf = (key: string | undefined) => key?.replace(/:\d{1,4}$/, '')

/** All refunds of a payment, newest first; undefined when there are more than we are willing to read. */
async function listRefunds(context: Context, paymentRef: string): Promise<StripeRefund[] | undefined> {
  const all: StripeRefund[] = []
  for (let page = 0; page < MAX_REFUND_PAGES; page += 1) {
    const last = all.at(-1)
    const answer = await context.stripe.refunds.list({
      payment_intent: paymentRef,
      limit: 100,
      ...(last === undefined ? {} : { starting_after: last.id }),
    })
    const { data, has_more } = refundList.parse({ data: answer.data, has_more: answer.has_more })
    all.push(...data)
    if (!has_more || data.length === 0) return all
  }
  return undefined
}

function judgeRefund(context: Context, refund: StripeRefund, paidWith?: PaidWith): Answer<Refunded> {
  const evidence: Evidence = {
    provider: 'stripe',
    reference: refund.id,
    at: instantOf(refund.created),
    detail: { status: refund.status, ...(refund.failure_reason ? { failure: refund.failure_reason } : {}) },
  }
  switch (refund.status) {
    case 'succeeded':
      return {
        kind: 'done',
        evidence,
        value: { refundRef: refund.id, arrivesByDays: context.arrivesByDays, ...(paidWith && { paidWith }) },
      }
    case 'pending':
    case 'requires_action':
      return { kind: 'pending', evidence, askAgainInMs: context.askAgainInMs }
    case 'failed':
    case 'canceled':
      return {
        kind: 'refused',
        code: `refund_${refund.status}`,
        reason: `the refund ended as ${refund.status}; the money is back with the issuer`,
        evidence,
      }
    case null:
    default:
      return { kind: 'unknown', reason: 'refund_in_unclear_state' }
  }
}

const REASONS: Partial<Record<RefundRefusal, string>> = {
  amount_not_positive: 'there is nothing to give back',
  amount_not_representable: 'the provider has no such amount in this currency',
  currency_differs: 'the payment was made in another currency',
  refunded_by_hand: 'somebody gave back of this payment on the provider’s own page',
  more_than_paid: 'less is left of the payment than shall be given back',
  key_used_for_another_refund: 'a refund of another amount exists under this key',
}

function refused(code: RefundRefusal, reference?: string): Answer<never> {
  const evidence = { provider: 'stripe', ...(reference === undefined ? {} : { reference }) }
  return { kind: 'refused', code, reason: REASONS[code] ?? code, evidence }
}
