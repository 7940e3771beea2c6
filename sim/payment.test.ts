import http from 'node:http'
import Stripe from 'stripe'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startPaymentSim, type PaymentSim } from './payment.ts'

const { webhooks } = new Stripe('sk_unused')
const AT = Date.parse('2026-11-22T10:00:00Z')
let sim: PaymentSim
let heard: { body: string; signature: string }[]
let answers: number[]
let endpoint: http.Server
beforeEach(async () => {
  sim = await startPaymentSim({ now: () => AT })
  heard = []
  answers = []
  endpoint = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      heard.push({
        body: Buffer.concat(chunks).toString('utf8'),
        signature: String(request.headers['stripe-signature']),
      })
      response.writeHead(answers.shift() ?? 200).end()
    })
  })
  await new Promise<void>((listening) => void endpoint.listen(0, '127.0.0.1', listening))
  const { port } = endpoint.address() as { port: number }
  sim.webhooks.register({ url: `http://127.0.0.1:${port}/`, secret: 'whsec_sim' })
  sim.seed([{ id: 'pi_1', amount: 2_000, currency: 'jpy' }])
})
afterEach(async () => {
  await sim.stop()
  endpoint.closeAllConnections()
  await new Promise((closed) => void endpoint.close(closed))
})
const types = () => heard.map(({ body }) => (JSON.parse(body) as { type: string }).type)

it('signs what it tells as Stripe does, and tells it again until a 2xx answers', async () => {
  answers = [500, 302]
  sim.disputes.open('pi_1', { inquiry: true })
  await sim.webhooks.idle()
  expect(heard).toHaveLength(3)
  expect(new Set(heard.map(({ body }) => body)).size).toBe(1)
  for (const { body, signature } of heard)
    expect(webhooks.constructEvent(body, signature, 'whsec_sim', 300, undefined, AT).type).toBe(
      'charge.dispute.created',
    )
  expect(sim.webhooks.deliveries().map(({ status }) => status)).toEqual([500, 302, 200])
})

it('holds, turns round, doubles and loses what it has to tell', async () => {
  sim.webhooks.hold()
  sim.disputes.open('pi_1')
  sim.webhooks.lose()
  await sim.webhooks.idle()
  expect(heard).toEqual([])
  sim.webhooks.hold()
  const { id } = sim.disputes.open('pi_1', { inquiry: true })!
  sim.disputes.close(id, 'warning_closed')
  sim.webhooks.release({ reversed: true, copies: 2 })
  await sim.webhooks.idle()
  expect(types().toSorted()).toEqual([
    'charge.dispute.closed',
    'charge.dispute.closed',
    'charge.dispute.created',
    'charge.dispute.created',
  ])
})

it('keeps a balance whose report is in major units and adds up', async () => {
  sim.disputes.open('pi_1', { amount: 500 })
  const response = await fetch(`${sim.url}/sim/balance.csv`)
  const [head = '', row = ''] = (await response.text()).split('\n')
  const cells = Object.fromEntries(head.split(',').map((name, at) => [name, row.split(',')[at]]))
  expect(cells).toMatchObject({
    created_utc: '2026-11-22 10:00:00',
    currency: 'jpy',
    gross: '-500',
    fee: '1500',
    net: '-2000',
    reporting_category: 'dispute',
    payment_intent_id: 'pi_1',
  })
})

it('takes and gives back three-digit currencies only in tens, as Stripe does', async () => {
  sim.seed([{ id: 'pi_kwd', amount: 7_120, currency: 'kwd' }])
  const post = async (path: string, form: Record<string, string>) =>
    (
      await fetch(`${sim.url}${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer sk_test_sim' },
        body: new URLSearchParams(form),
      })
    ).status
  const refund = (amount: string) => post('/v1/refunds', { payment_intent: 'pi_kwd', amount })
  expect([await refund('6915'), await refund('6910')]).toEqual([400, 200])
  const price = 'line_items[0][price_data]'
  const open = (amount: string) =>
    post('/v1/checkout/sessions', {
      mode: 'payment',
      success_url: 'https://x',
      [`${price}[currency]`]: 'kwd',
      [`${price}[unit_amount]`]: amount,
    })
  expect([await open('7125'), await open('7130')]).toEqual([400, 200])
})
