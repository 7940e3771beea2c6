import http from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { startPaymentSim } from '../../../sim/payment.ts'
import { paymentConformance } from './conformance.ts'
import { stripePayment } from './stripe.ts'
import { fromStripeAmount, stripeStep, toStripeAmount } from './stripe-amount.ts'
import { methodDetails, paidWithOf } from './stripe-paid-with.ts'

paymentConformance('Stripe against its simulator', async ({ answersAfterMs }) => {
  const sim = await startPaymentSim({ latency: { minMs: answersAfterMs, maxMs: answersAfterMs } })
  let seeded = 0
  return {
    port: stripePayment({ apiKey: 'sk_test_sim', owner: 'leb', url: sim.url, timeoutMs: 800 }),
    world: {
      fail: (order) =>
        sim.failures.set(
          order &&
            ({
              ...order,
              ...(order.onlyRefunding ? { match: 'POST /v1/refunds' } : {}),
              ...(order.onlyOpening ? { match: 'POST /v1/checkout/sessions' } : {}),
            } as never),
        ),
      paid() {
        const id = `pi_test_${(seeded += 1)}`
        sim.seed([{ id, amount: 2_000, currency: 'eur' }])
        return id
      },
      refunded(ref) {
        const refunds = sim.refunds(ref)
        return {
          times: refunds.length,
          amount: refunds.reduce((sum, refund) => sum + BigInt(refund.amount), 0n),
        }
      },
      async payer(payUrl, does) {
        const answer = await fetch(payUrl, {
          method: 'POST',
          body: new URLSearchParams({ do: does }),
          redirect: 'manual',
        })
        if (answer.status >= 400) throw new Error(`the page answered ${answer.status}`)
      },
      dispute: (ref, how = {}) =>
        sim.disputes.open(ref, { ...how, ...(how.amount ? { amount: Number(how.amount) } : {}) } as never)!
          .id,
      closeDispute: (ref, how) => void sim.disputes.close(ref, how),
      expires: (ref) => sim.checkout.expire(sim.checkout.find(ref)!),
      opened: () => sim.checkout.all().length,
      settle: async () => void (await fetch(`${sim.url}/sim/settle`, { method: 'POST' })),
      aDayPasses: () => sim.forgetKeys(),
      stop: () => sim.stop(),
    },
  }
})

describe('Stripe', () => {
  const stops: (() => unknown)[] = []
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
  })

  it('gives back once when asked again under the next key after a refusal that was none', async () => {
    const sim = await startPaymentSim()
    const port = stripePayment({ apiKey: 'sk_test_sim', owner: 'leb', url: sim.url })
    stops.push(
      () => port.close(),
      () => sim.stop(),
    )
    sim.seed([{ id: 'pi_1', amount: 2_000, currency: 'eur' }])
    const ask = (key: string) =>
      port.refund({ key, paymentRef: 'pi_1', amount: 500n, currency: 'EUR' }) as Promise<{ value: object }>
    const first = await ask('c:card:pay_out')
    expect(await ask('c:card:pay_out:1')).toMatchObject({ kind: 'done', value: first.value })
    expect(sim.refunds('pi_1')).toHaveLength(1)
    await ask('c:other:pay_out')
    expect(sim.refunds('pi_1')).toHaveLength(2)
  })

  /**
   * A server that answers every refund creation alike, and knows one payment of 20.00 EUR; its charge may be read unless
   * told otherwise.
   */
  async function standIn(status: number, body: unknown, mayReadCharge = true) {
    const server = http.createServer((request, response) => {
      request.resume()
      response.setHeader('content-type', 'application/json')
      if (!mayReadCharge && request.url?.includes('latest_charge'))
        response.writeHead(403).end(JSON.stringify(errorBody('invalid_request_error')))
      else if (request.url?.startsWith('/v1/payment_intents/')) {
        response.end('{"id":"pi_1","object":"payment_intent","currency":"eur","amount_received":2000}')
      } else if (request.method === 'GET') response.end('{"object":"list","data":[],"has_more":false}')
      else response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    const port = stripePayment({
      apiKey: 'sk_test_sim',
      owner: 'leb',
      url,
      timeoutMs: 5_000,
      maxBytes: 10_000,
    })
    stops.push(
      () => port.close(),
      () => server.close(),
    )
    return port.refund({ key: 'k:payout', paymentRef: 'pi_1', amount: 500n, currency: 'EUR' })
  }
  const refund = {
    id: 're_1',
    object: 'refund',
    amount: 500,
    currency: 'eur',
    status: 'succeeded',
    created: 1_795_000_000,
    metadata: { leb_key: 'k:payout' },
  }
  const errorBody = (type: string, code?: string) => ({
    error: { type, code, message: 'about jane@example.com' },
  })

  it.each([
    [200, refund, { kind: 'done', evidence: { reference: 're_1', at: '2026-11-18T11:06:40Z' } }],
    [200, { ...refund, status: 'requires_action' }, { kind: 'pending' }],
    [200, { ...refund, status: 'canceled' }, { kind: 'refused', code: 'refund_canceled' }],
    [200, { ...refund, status: null }, { kind: 'unknown' }],
    [200, { ...refund, amount: 50_000 }, { kind: 'unknown' }],
    [200, { ...refund, metadata: { leb_key: 'other' } }, { kind: 'unknown' }],
    [200, { ...refund, id: 7 }, { kind: 'unknown', reason: 'unreadable_answer' }],
    [200, 'null', { kind: 'unknown', reason: 'unreadable_answer' }],
    [200, '[]', { kind: 'unknown', reason: 'unreadable_answer' }],
    [200, '{"id":"re_1",', { kind: 'unknown', reason: 'unreadable_answer' }],
    [200, `"${'x'.repeat(20_000)}"`, { kind: 'unknown', reason: 'answer_too_large' }],
    [
      400,
      errorBody('invalid_request_error', 'charge_already_refunded'),
      { kind: 'refused', code: 'already_refunded' },
    ],
    [400, errorBody('invalid_request_error', 'charge_disputed'), { kind: 'refused', code: 'charged_back' }],
    [400, errorBody('invalid_request_error'), { kind: 'refused', code: 'provider_refused' }],
    [400, errorBody('idempotency_error'), { kind: 'refused', code: 'key_used_for_another_refund' }],
    [
      409,
      errorBody('idempotency_error', 'idempotency_key_in_use'),
      { kind: 'unknown', reason: 'key_under_way' },
    ],
    [409, errorBody('invalid_request_error', 'lock_timeout'), { kind: 'unknown', reason: 'key_under_way' }],
    [401, errorBody('invalid_request_error'), { kind: 'unknown', reason: 'status_401' }],
    [403, errorBody('invalid_request_error'), { kind: 'unknown', reason: 'status_403' }],
    [429, errorBody('invalid_request_error', 'rate_limit'), { kind: 'unknown', reason: 'status_429' }],
    [500, errorBody('api_error'), { kind: 'unknown', reason: 'status_500' }],
    [502, '<html>Bad gateway</html>', { kind: 'unknown' }],
  ])('takes answer %# (HTTP %i) as it is meant', async (status, body, expected) => {
    const answer = await standIn(status, body)
    expect(answer).toMatchObject(expected)
    expect(JSON.stringify(answer)).not.toContain('jane')
  })

  it('gives back all the same where the key may not read the charge', async () => {
    const answer = await standIn(200, refund, false)
    expect(answer).toMatchObject({ kind: 'done', evidence: { reference: 're_1' } })
    expect((answer as { value: object }).value).not.toHaveProperty('paidWith')
  })

  it('makes up payments when the simulator is told to, in the currency that the id names', async () => {
    const sim = await startPaymentSim({ lazyCurrency: 'eur' })
    const port = stripePayment({ apiKey: 'sk_test_sim', owner: 'leb', url: sim.url })
    stops.push(
      () => port.close(),
      () => sim.stop(),
    )
    const ask = (paymentRef: string, currency: string) =>
      port.refund({ key: paymentRef, paymentRef, amount: 1n, currency })
    expect(await ask('pi_bench_cny_1', 'CNY')).toMatchObject({ kind: 'done' })
    expect(await ask('pi_2', 'EUR')).toMatchObject({ kind: 'done' })
    expect(await ask('pi_3', 'CNY')).toMatchObject({ code: 'currency_differs' })
  })
})

describe('what was paid with', () => {
  const card = { brand: 'visa', last4: '4242', wallet: null }
  it.each([
    [
      { type: 'card', card },
      { method: 'card', last4: '4242', brand: 'visa' },
    ],
    [
      { type: 'card', card: { ...card, wallet: { type: 'apple_pay', dynamic_last4: '9999' } } },
      { method: 'card', last4: '4242', brand: 'visa', wallet: 'apple_pay' },
    ],
    [
      { type: 'card', card: { ...card, brand: 'unknown' } },
      { method: 'card', last4: '4242' },
    ],
    [{ type: 'card', card: { ...card, last4: '<b>' } }, undefined],
    [{ type: 'card' }, undefined],
    [
      { type: 'sepa_debit', sepa_debit: { last4: '3000' } },
      { method: 'bank_account', last4: '3000' },
    ],
    [
      { type: 'ideal', ideal: { iban_last4: '2079' } },
      { method: 'bank_account', last4: '2079' },
    ],
    [{ type: 'ideal', ideal: { iban_last4: null } }, undefined],
    [{ type: 'alipay', alipay: { buyer_id: '2088' } }, { method: 'alipay' }],
    [{ type: 'carrier_pigeon' }, undefined],
    [null, undefined],
    ['a word', undefined],
  ])('%j', (details, paidWith) => {
    const read = methodDetails.parse(details)
    expect(paidWithOf(read)).toEqual(paidWith)
  })
})

describe('amounts as Stripe wants them', () => {
  it.each([
    ['EUR', 750n, 750],
    ['JPY', 750n, 750],
    ['ISK', 5n, 500],
    ['UGX', 5n, 500],
    ['MGA', 500n, 5],
    ['MGA', 520n, undefined],
    ['KWD', 5_120n, 5_120],
    ['KWD', 5_124n, undefined],
    ['HUF', 1_000n, 1_000],
    ['EUR', BigInt(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
    ['EUR', BigInt(Number.MAX_SAFE_INTEGER) + 1n, undefined],
    ['ISK', BigInt(Number.MAX_SAFE_INTEGER), undefined],
  ])('%s %d', (currency, amount, sent) => {
    expect(toStripeAmount(amount, currency)).toBe(sent)
    if (sent !== undefined) expect(fromStripeAmount(sent, currency)).toBe(amount)
    if (sent === undefined && amount < 1_000_000n) expect(amount % stripeStep(currency)).not.toBe(0n)
  })

  it('reads back nothing that our units cannot hold', () => {
    expect(fromStripeAmount(501, 'ISK')).toBeUndefined()
    expect(fromStripeAmount(2 ** 53, 'EUR')).toBeUndefined()
    expect(fromStripeAmount(0.5, 'EUR')).toBeUndefined()
  })
})
