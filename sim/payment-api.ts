import { randomUUID } from 'node:crypto'
import type { SimReply, SimRequest } from './http-server.ts'
import { chargeFee, THREE_DIGITS, type BalanceBook } from './payment-balance.ts'
import { fieldsOf, intentObject, type CheckoutBook, type SimSession } from './payment-checkout.ts'
import type { DisputeBook } from './payment-disputes.ts'
import type { RefundBook, SimPayment, SimRefund } from './refund-book.ts'

export type PaymentBooks = {
  refunds: RefundBook
  checkout: CheckoutBook
  disputes: DisputeBook
  balance: BalanceBook
  tell: (type: string, object: object) => void
}

/** The part of Stripe's API that LEB uses: form-encoded in, JSON out. */
export function answerPost(request: SimRequest, books: PaymentBooks): SimReply {
  if (request.path === '/v1/refunds') return createRefund(request, books)
  if (request.path === '/v1/checkout/sessions') return createSession(request, books.checkout)
  const id = /^\/v1\/checkout\/sessions\/([^/]+)\/expire$/.exec(request.path)?.[1]
  const session = books.checkout.find(id ?? '')
  if (session === undefined) return failed(404, 'resource_missing', 'No such checkout.session')
  if (session.status !== 'open') return failed(400, undefined, 'Only open sessions can be expired')
  books.checkout.expire(session)
  return { status: 200, json: shown(session, new URLSearchParams(request.body), books) }
}

export function answerGet(request: SimRequest, books: PaymentBooks): SimReply {
  if (request.method !== 'GET') return failed(404, undefined, 'Unrecognized request URL')
  if (request.path === '/v1/refunds') return listRefunds(request, books.refunds)
  if (request.path === '/v1/disputes') {
    const data = books.disputes
      .all()
      .filter(({ payment_intent: of }) => of === request.query.get('payment_intent'))
    return { status: 200, json: { object: 'list', url: request.path, data, has_more: false } }
  }
  const [, kind, quoted = ''] =
    /^\/v1\/(payment_intents|refunds|disputes|checkout\/sessions)\/([^/]+)$/.exec(request.path) ?? []
  const id = decodeURIComponent(quoted)
  const missing = failed(404, 'resource_missing', `No such ${kind ?? 'object'}`)
  if (kind === 'payment_intents') {
    const payment = books.refunds.payment(id)
    if (payment === undefined) return missing
    return { status: 200, json: expanded(payment, expands(request.query, 'latest_charge')) }
  }
  if (kind === 'checkout/sessions') {
    const session = books.checkout.find(id)
    return session === undefined ? missing : { status: 200, json: shown(session, request.query, books) }
  }
  const found = kind === 'disputes' ? books.disputes.find(id) : books.refunds.refund(id)
  return found === undefined ? missing : { status: 200, json: found }
}

function createSession(request: SimRequest, checkout: CheckoutBook): SimReply {
  const form = new URLSearchParams(request.body)
  const amount = Number(form.get('line_items[0][price_data][unit_amount]'))
  if (!Number.isSafeInteger(amount) || amount <= 0 || amount > 99_999_999)
    return failed(400, 'amount_too_large', 'Amount must be a positive integer of at most 8 digits')
  if (isBetweenSteps(amount, form.get('line_items[0][price_data][currency]') ?? '')) return notARoundAmount()
  for (const name of ['success_url', 'line_items[0][price_data][currency]', 'mode'])
    if (!form.get(name)) return failed(400, 'parameter_missing', `Missing required param: ${name}.`)
  return { status: 200, json: checkout.open(form, `http://${request.headers.host}`) }
}

/** docs.stripe.com/currencies, "Three-decimal currencies": the last digit must be 0. */
const isBetweenSteps = (amount: number, currency: string) =>
  THREE_DIGITS.has(currency.toLowerCase()) && amount % 10 !== 0

const notARoundAmount = () => failed(400, undefined, 'Amount must be evenly divisible by 10 in this currency')

function shown(session: SimSession, query: URLSearchParams, books: PaymentBooks): object {
  const payment = session.payment_intent === null ? undefined : books.refunds.payment(session.payment_intent)
  const deep = expands(query, 'payment_intent.latest_charge')
  if (payment === undefined || (!deep && !expands(query, 'payment_intent'))) return session
  return { ...session, payment_intent: expanded(payment, deep) }
}

const VISA = { type: 'card', card: { brand: 'visa', last4: '4242', wallet: null } }

function expanded(payment: SimPayment, withCharge: boolean): object {
  const object = intentObject(payment)
  if (!withCharge || object.latest_charge === null) return object
  const { method = VISA } = payment
  const charge = { id: object.latest_charge, object: 'charge', created: object.created }
  return { ...object, latest_charge: { ...charge, payment_method_details: method } }
}

function expands(query: URLSearchParams, path: string): boolean {
  return [...query].some(([name, value]) => /^expand\[\d*\]$/.test(name) && value === path)
}

function createRefund(request: SimRequest, { refunds: book, balance, tell }: PaymentBooks): SimReply {
  const form = new URLSearchParams(request.body)
  const payment = book.payment(form.get('payment_intent') ?? '')
  if (payment === undefined) return failed(404, 'resource_missing', 'No such payment_intent')
  if ((payment.status ?? 'succeeded') !== 'succeeded')
    return failed(400, undefined, 'This PaymentIntent does not have a successful charge to refund.')
  const left = book.left(payment)
  const amount = form.has('amount') ? Number(form.get('amount')) : left
  if (left === 0) return failed(400, 'charge_already_refunded', 'Charge has already been refunded.')
  if (!Number.isSafeInteger(amount) || amount <= 0)
    return failed(400, 'parameter_invalid_integer', 'Invalid integer')
  if (isBetweenSteps(amount, payment.currency)) return notARoundAmount()
  if (amount > left)
    return failed(400, undefined, 'Refund amount is greater than unrefunded amount on charge')
  const status = { stall: 'pending', fail_later: 'failed' }[String(request.failure)] ?? 'succeeded'
  const refund = book.add(payment, amount, status, fieldsOf(form, 'metadata'))
  bookRefund(balance, refund)
  tell('refund.created', refund)
  return { status: 200, json: refund }
}

/** What a person does on the provider's page: no key, no metadata, and both events that tell of it. */
export function refundByHand(books: PaymentBooks, paymentRef: string, amount: number): SimRefund {
  const payment = books.refunds.payment(paymentRef)
  if (payment === undefined || amount <= 0 || amount > books.refunds.left(payment))
    throw new Error(`${amount} of ${paymentRef} can't be given back`)
  const refund = books.refunds.add(payment, amount, 'succeeded', {})
  bookRefund(books.balance, refund)
  books.tell('refund.created', refund)
  books.tell('charge.refunded', {
    id: paymentRef.replace(/^pi_/, 'ch_'),
    object: 'charge',
    payment_intent: paymentRef,
    metadata: payment.metadata ?? {},
  })
  return refund
}

function bookRefund(balance: BalanceBook, refund: SimRefund): void {
  const { currency, id: source, payment_intent: payment, amount } = refund
  balance.add({ category: 'refund', currency, source, payment, gross: -amount, fee: 0 })
  if (refund.status !== 'failed') return
  balance.add({ category: 'refund_failure', currency, source, payment, gross: amount, fee: 0 })
}

export function bookCharge(balance: BalanceBook, payment: SimPayment): void {
  const { id, currency, amount } = payment
  const source = id.replace(/^pi_/, 'ch_')
  balance.add({ category: 'charge', currency, source, payment: id, gross: amount, fee: chargeFee(amount) })
}

function listRefunds(request: SimRequest, book: RefundBook): SimReply {
  const all = book.refundsOf(request.query.get('payment_intent') ?? '')
  const after = request.query.get('starting_after')
  const start = after === null ? 0 : all.findIndex((refund) => refund.id === after) + 1
  const end = start + Number(request.query.get('limit') ?? 10)
  const json = { object: 'list', url: '/v1/refunds', data: all.slice(start, end), has_more: end < all.length }
  return { status: 200, json }
}

/** Stripe's error envelope. */
export function failed(status: number, code: string | undefined, message: string): SimReply {
  const body = { type: 'invalid_request_error', message, ...(code === undefined ? {} : { code }) }
  return { status, json: { error: body }, headers: { 'request-id': `req_${randomUUID().slice(0, 8)}` } }
}
