import { randomUUID } from 'node:crypto'
import type { RefundBook, SimPayment } from './refund-book.ts'

export type SimSession = {
  id: string
  object: 'checkout.session'
  mode: 'payment'
  status: 'open' | 'complete' | 'expired'
  payment_status: 'paid' | 'unpaid'
  amount_total: number
  currency: string
  created: number
  expires_at: number
  url: string | null
  success_url: string
  cancel_url: string
  payment_intent: string | null
  client_reference_id: string | null
  metadata: Record<string, string>
  /** What the payer reads; not part of Stripe's object. */
  description: string
  intentMetadata: Record<string, string>
}

export type CheckoutBook = {
  open(form: URLSearchParams, origin: string): SimSession
  find(id: string): SimSession | undefined
  all(): SimSession[]
  /** The payer pays; with `later` the bank only says that it will see. */
  pay(session: SimSession, how: 'now' | 'later'): void
  decline(session: SimSession): void
  expire(session: SimSession): void
  /** Payments that banks were thinking about come in, or with `fail` never will. */
  settle(fail: boolean): void
}

type Tell = (type: string, object: object) => void
type Charged = (payment: SimPayment) => void

/** Checkout sessions and their payment intents. The simulator expires a session only when it is told to. */
export function openCheckoutBook(
  book: RefundBook,
  tell: Tell,
  charged: Charged,
  now: () => number,
): CheckoutBook {
  const sessions = new Map<string, SimSession>()
  const seconds = () => Math.floor(now() / 1_000)
  const intentOf = (session: SimSession, status: string): SimPayment => {
    session.payment_intent ??= `pi_${randomUUID().replaceAll('-', '')}`
    const { amount_total: amount, currency, intentMetadata: metadata } = session
    const payment = { id: session.payment_intent, amount, currency, status, metadata, created: seconds() }
    book.seed([payment])
    return payment
  }
  const succeed = (session: SimSession, event: string) => {
    const payment = intentOf(session, 'succeeded')
    session.status = 'complete'
    session.payment_status = 'paid'
    session.url = null
    charged(payment)
    tell('payment_intent.succeeded', intentObject(payment))
    tell(event, session)
  }
  return {
    open(form, origin) {
      const session = newSession(form, origin, seconds())
      sessions.set(session.id, session)
      return session
    },
    find: (id) => sessions.get(id),
    all: () => [...sessions.values()],
    pay(session, how) {
      if (how === 'now') return succeed(session, 'checkout.session.completed')
      intentOf(session, 'processing')
      session.status = 'complete'
      session.url = null
      tell('checkout.session.completed', session)
    },
    decline(session) {
      tell('payment_intent.payment_failed', intentObject(intentOf(session, 'requires_payment_method')))
    },
    expire(session) {
      session.status = 'expired'
      session.url = null
      tell('checkout.session.expired', session)
    },
    settle(fail) {
      for (const session of sessions.values()) {
        const payment = session.payment_intent === null ? undefined : book.payment(session.payment_intent)
        if (payment?.status !== 'processing') continue
        if (!fail) {
          succeed(session, 'checkout.session.async_payment_succeeded')
          continue
        }
        intentOf(session, 'requires_payment_method')
        tell('checkout.session.async_payment_failed', session)
      }
    },
  }
}

function newSession(form: URLSearchParams, origin: string, at: number): SimSession {
  const price = 'line_items[0][price_data]'
  const id = `cs_test_${randomUUID().replaceAll('-', '')}`
  return {
    id,
    object: 'checkout.session',
    mode: 'payment',
    status: 'open',
    payment_status: 'unpaid',
    amount_total:
      Number(form.get(`${price}[unit_amount]`)) * Number(form.get('line_items[0][quantity]') ?? 1),
    currency: form.get(`${price}[currency]`) ?? '',
    created: at,
    expires_at: Number(form.get('expires_at') ?? at + 86_400),
    url: `${origin}/c/pay/${id}`,
    success_url: (form.get('success_url') ?? '').replaceAll('{CHECKOUT_SESSION_ID}', id),
    cancel_url: form.get('cancel_url') ?? '',
    payment_intent: null,
    client_reference_id: form.get('client_reference_id'),
    metadata: fieldsOf(form, 'metadata'),
    description: form.get(`${price}[product_data][name]`) ?? '',
    intentMetadata: fieldsOf(form, 'payment_intent_data[metadata]'),
  }
}

/** `prefix[name]=value` of a form, as an object. */
export function fieldsOf(form: URLSearchParams, prefix: string): Record<string, string> {
  const found = [...form].flatMap(([name, value]) => {
    const rest = name.startsWith(`${prefix}[`)
      ? /^\[([^\]]+)\]$/.exec(name.slice(prefix.length))?.[1]
      : undefined
    return rest === undefined ? [] : [[rest, value] as const]
  })
  return Object.fromEntries(found)
}

export function intentObject(payment: SimPayment): Record<string, unknown> & { id: string } {
  const { status = 'succeeded', created = 0, metadata = {} } = payment
  return {
    id: payment.id,
    object: 'payment_intent',
    amount: payment.amount,
    amount_received: status === 'succeeded' ? payment.amount : 0,
    currency: payment.currency,
    status,
    created,
    metadata,
    latest_charge: status === 'succeeded' ? payment.id.replace(/^pi_/, 'ch_') : null,
  }
}
