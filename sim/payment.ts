import { randomUUID } from 'node:crypto'
import {
  startSimServer,
  type SimOptions,
  type SimReply,
  type SimRequest,
  type SimServer,
} from './http-server.ts'
import { replayBook } from './payment-replays.ts'

export type SimPayment = { id: string; amount: number; currency: string }
type Refund = {
  id: string
  object: 'refund'
  amount: number
  currency: string
  payment_intent: string
  status: string
  created: number
  metadata: Record<string, string>
}

export type PaymentSim = SimServer & {
  seed(payments: SimPayment[]): void
  refunds(paymentRef: string): Refund[]
  /** Stripe after 24 hours: it no longer knows any idempotency key. */
  forgetKeys(): void
}

export type PaymentSimOptions = SimOptions & {
  /**
   * Makes up payments never heard of, so that a bench of 10,000 cards seeds nothing: the currency is the part
   * of the id that looks like one (`pi_x_eur_1`), else this one; the amount is 100,000.00 or equivalent.
   */
  lazyCurrency?: string
}

const LAZY_AMOUNT = 10_000_000

/** The part of Stripe that refunds need: form-encoded in, JSON out, idempotency as Stripe documents it. */
export async function startPaymentSim(options: PaymentSimOptions = {}): Promise<PaymentSim> {
  const payments = new Map<string, SimPayment>()
  const refundsOf = new Map<string, Refund[]>()
  const byId = new Map<string, Refund>()
  const replays = replayBook()

  const find = (id: string): SimPayment | undefined => {
    const known = payments.get(id)
    if (known !== undefined || options.lazyCurrency === undefined) return known
    const currency = /_([a-z]{3})_/.exec(id)?.[1] ?? options.lazyCurrency
    const created = { id, amount: LAZY_AMOUNT, currency }
    payments.set(id, created)
    return created
  }
  const createRefund = (request: SimRequest): SimReply => {
    const form = new URLSearchParams(request.body)
    const payment = find(form.get('payment_intent') ?? '')
    if (payment === undefined) return error(404, 'resource_missing', 'No such payment_intent')
    const earlier = refundsOf.get(payment.id) ?? []
    const left = earlier.reduce(
      (rest, refund) => rest - (refund.status === 'failed' ? 0 : refund.amount),
      payment.amount,
    )
    const amount = form.has('amount') ? Number(form.get('amount')) : left
    if (left === 0) return error(400, 'charge_already_refunded', 'Charge has already been refunded.')
    if (!Number.isSafeInteger(amount) || amount <= 0)
      return error(400, 'parameter_invalid_integer', 'Invalid integer')
    if (amount > left)
      return error(400, undefined, 'Refund amount is greater than unrefunded amount on charge')
    const metadata = Object.fromEntries(
      [...form].flatMap(([name, value]) => {
        const field = /^metadata\[(.+)\]$/.exec(name)?.[1]
        return field === undefined ? [] : [[field, value]]
      }),
    )
    const refund: Refund = {
      id: `re_${randomUUID().replaceAll('-', '')}`,
      object: 'refund',
      amount,
      currency: payment.currency,
      payment_intent: payment.id,
      status:
        request.failure === 'stall' ? 'pending' : request.failure === 'fail_later' ? 'failed' : 'succeeded',
      created: Math.floor(Date.now() / 1000),
      metadata,
    }
    refundsOf.set(payment.id, [refund, ...earlier])
    byId.set(refund.id, refund)
    return { status: 200, json: refund }
  }
  const listRefunds = (request: SimRequest): SimReply => {
    const all = refundsOf.get(request.query.get('payment_intent') ?? '') ?? []
    const after = request.query.get('starting_after')
    const start = after === null ? 0 : all.findIndex((refund) => refund.id === after) + 1
    const limit = Number(request.query.get('limit') ?? 10)
    const data = all.slice(start, start + limit)
    return {
      status: 200,
      json: { object: 'list', url: '/v1/refunds', data, has_more: start + limit < all.length },
    }
  }
  const handle = (request: SimRequest): SimReply => {
    if (!/^Bearer \S+$/.test(request.headers.authorization ?? ''))
      return error(401, undefined, 'No API key provided')
    const route = `${request.method} ${request.path}`
    if (route === 'POST /v1/refunds') return replays.answer(request, () => createRefund(request))
    if (route === 'GET /v1/refunds') return listRefunds(request)
    const found = /^GET \/v1\/(payment_intents|refunds)\/([^/]+)$/.exec(route)
    if (found?.[1] === 'payment_intents') {
      const payment = find(decodeURIComponent(found[2] ?? ''))
      if (payment === undefined) return error(404, 'resource_missing', 'No such payment_intent')
      const json = {
        ...payment,
        object: 'payment_intent',
        amount_received: payment.amount,
        status: 'succeeded',
      }
      return { status: 200, json }
    }
    const refund = byId.get(found?.[2] ?? '')
    return refund === undefined
      ? error(404, 'resource_missing', 'No such refund')
      : { status: 200, json: refund }
  }
  const seed = (list: SimPayment[]): void => {
    for (const payment of list)
      payments.set(payment.id, { ...payment, currency: payment.currency.toLowerCase() })
  }
  const control = (request: SimRequest): SimReply | undefined => {
    if (request.path === '/sim/payments') seed(JSON.parse(request.body) as SimPayment[])
    else if (request.path === '/sim/forget-keys') replays.forget()
    else if (request.path === '/sim/settle') {
      for (const refund of byId.values()) if (refund.status === 'pending') refund.status = 'succeeded'
    } else return undefined
    return { status: 204 }
  }
  const server = await startSimServer(
    {
      handle,
      refuse: () => error(400, 'charge_disputed', 'The charge has been charged back.'),
      counts: () => countRefunds(byId.values()),
      state: () => ({ payments: [...payments.values()], refunds: [...byId.values()] }),
      control,
    },
    options,
  )
  return { ...server, seed, refunds: (id) => refundsOf.get(id) ?? [], forgetKeys: () => replays.forget() }
}

/** Refunds made and money given back, by payment and by LEB's key. */
function countRefunds(refunds: Iterable<Refund>): unknown {
  const byPayment: Record<string, { refunds: number; amount: number; currency: string }> = {}
  const byKey: Record<string, number> = {}
  let total = 0
  for (const refund of refunds) {
    const sum = (byPayment[refund.payment_intent] ??= { refunds: 0, amount: 0, currency: refund.currency })
    sum.refunds += 1
    if (refund.status !== 'failed') sum.amount += refund.amount
    const key = refund.metadata.leb_key ?? ''
    byKey[key] = (byKey[key] ?? 0) + 1
    total += 1
  }
  return { total, byPayment, byKey }
}

/** Stripe's error envelope. */
export function error(status: number, code: string | undefined, message: string, type?: string): SimReply {
  const body = { type: type ?? 'invalid_request_error', message, ...(code === undefined ? {} : { code }) }
  return { status, json: { error: body }, headers: { 'request-id': `req_${randomUUID().slice(0, 8)}` } }
}
