import { randomUUID } from 'node:crypto'
import {
  startSimServer,
  type SimOptions,
  type SimReply,
  type SimRequest,
  type SimServer,
} from './http-server.ts'
import { replayBook } from './payment-replays.ts'
import {
  countRefunds,
  openRefundBook,
  type RefundBook,
  type SimPayment,
  type SimRefund,
} from './refund-book.ts'

export type PaymentSim = SimServer & {
  seed(payments: SimPayment[]): void
  refunds(paymentRef: string): SimRefund[]
  /** Stripe after 24 hours: it no longer knows any idempotency key. */
  forgetKeys(): void
}

export type PaymentSimOptions = SimOptions & {
  /** Makes up payments never heard of, see refund-book.ts. */
  lazyCurrency?: string
}

/** The part of Stripe that refunds need: form-encoded in, JSON out, idempotency as Stripe documents it. */
export async function startPaymentSim(options: PaymentSimOptions = {}): Promise<PaymentSim> {
  const book = openRefundBook(options.lazyCurrency)
  const replays = replayBook()
  const server = await startSimServer(
    {
      handle(request) {
        if (!/^Bearer \S+$/.test(request.headers.authorization ?? '')) {
          return error(401, undefined, 'No API key provided')
        }
        if (`${request.method} ${request.path}` !== 'POST /v1/refunds') return read(request, book)
        return replays.answer(request, () => createRefund(request, book))
      },
      refuse: () => error(400, 'charge_disputed', 'The charge has been charged back.'),
      counts: () => countRefunds(book.refunds()),
      state: () => ({ payments: book.payments(), refunds: book.refunds() }),
      control(request) {
        if (request.path === '/sim/payments') book.seed(JSON.parse(request.body) as SimPayment[])
        else if (request.path === '/sim/forget-keys') replays.forget()
        else if (request.path === '/sim/settle') book.settle()
        else return undefined
        return { status: 204 }
      },
    },
    options,
  )
  return {
    ...server,
    seed: (payments) => book.seed(payments),
    refunds: (paymentRef) => book.refundsOf(paymentRef),
    forgetKeys: () => replays.forget(),
  }
}

function createRefund(request: SimRequest, book: RefundBook): SimReply {
  const form = new URLSearchParams(request.body)
  const payment = book.payment(form.get('payment_intent') ?? '')
  if (payment === undefined) return error(404, 'resource_missing', 'No such payment_intent')
  const left = book.left(payment)
  const amount = form.has('amount') ? Number(form.get('amount')) : left
  if (left === 0) return error(400, 'charge_already_refunded', 'Charge has already been refunded.')
  if (!Number.isSafeInteger(amount) || amount <= 0) {
    return error(400, 'parameter_invalid_integer', 'Invalid integer')
  }
  if (amount > left) return error(400, undefined, 'Refund amount is greater than unrefunded amount on charge')
  const metadata = [...form].flatMap(([name, value]) => {
    const field = /^metadata\[(.+)\]$/.exec(name)?.[1]
    return field === undefined ? [] : [[field, value]]
  })
  const status = { stall: 'pending', fail_later: 'failed' }[String(request.failure)] ?? 'succeeded'
  return { status: 200, json: book.add(payment, amount, status, Object.fromEntries(metadata)) }
}

function read(request: SimRequest, book: RefundBook): SimReply {
  if (request.method !== 'GET') return error(404, undefined, 'Unrecognized request URL')
  if (request.path === '/v1/refunds') return listRefunds(request, book)
  const [, kind, id] = /^\/v1\/(payment_intents|refunds)\/([^/]+)$/.exec(request.path) ?? []
  if (kind === 'payment_intents') {
    const payment = book.payment(decodeURIComponent(id ?? ''))
    if (payment === undefined) return error(404, 'resource_missing', 'No such payment_intent')
    const json = {
      ...payment,
      object: 'payment_intent',
      amount_received: payment.amount,
      status: 'succeeded',
    }
    return { status: 200, json }
  }
  const refund = book.refund(id ?? '')
  return refund === undefined
    ? error(404, 'resource_missing', 'No such refund')
    : { status: 200, json: refund }
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
function error(status: number, code: string | undefined, message: string): SimReply {
  const body = { type: 'invalid_request_error', message, ...(code === undefined ? {} : { code }) }
  return { status, json: { error: body }, headers: { 'request-id': `req_${randomUUID().slice(0, 8)}` } }
}
