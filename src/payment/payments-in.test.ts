import { afterAll, beforeEach, expect, it } from 'vitest'
import { closeCard } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { lookAtOrder } from '../order/look-at-order.ts'
import { inIssuer } from '../platform/db.ts'
import { openMoneyStage } from './money-stage.fixture.ts'
import { awaitingOrder, books, openPage, pay, workOffPayments } from './orders.fixture.ts'
import { lookAtPayment } from './look-at-payment.ts'
import { listUnmatched } from './receipts.ts'
import { sweepPayments } from './sweep-payments.ts'

const { leb, sim, mark, moved, heard, given, close } = await openMoneyStage({ books })
const hooks = sim.webhooks
const card: Seeded = await seedCard(leb)
afterAll(close)
beforeEach(mark)

const happens = async () => {
  await heard()
  await heard()
}
const order = async (orderId: string) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('purchase_order')
      .select(['state', 'paid_at'])
      .where('issuer_id', '=', 'leb')
      .where('order_id', '=', orderId)
      .executeTakeFirstOrThrow(),
  )
const setState = (orderId: string, state: string) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx
      .updateTable('purchase_order')
      .set({ state })
      .where('issuer_id', '=', 'leb')
      .where('order_id', '=', orderId)
      .execute(),
  )
const payments = (orderId: string) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('payment')
      .selectAll()
      .where('issuer_id', '=', 'leb')
      .where('order_id', '=', orderId)
      .execute(),
  )
const unmatched = () => inIssuer(leb.db, 'leb', (tx) => listUnmatched(tx, 'leb'))
const receiptOf = (number: string) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('unmatched_receipt')
      .selectAll()
      .where('issuer_id', '=', 'leb')
      .where('order_number', '=', number)
      .executeTakeFirstOrThrow(),
  )

it('takes a payment in when its webhook comes, and queues its delivery', async () => {
  const bought = await awaitingOrder(leb, card)
  await pay(bought)
  await happens()
  expect(await order(bought.orderId)).toMatchObject({ state: 'paid', paid_at: leb.clock.now() })
  expect(await payments(bought.orderId)).toMatchObject([{ amount_minor: 2_000n, card_id: null }])
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, orders_in_hand: 2_000n })
  const { rows } = await leb.pool.query(
    `select 1 from pgboss.job where name = 'order' and data->>'id' = $1`,
    [bought.orderId],
  )
  expect(rows).toHaveLength(1)
})

it('is paid once, however often and in whatever order events come', async () => {
  const bought = await awaitingOrder(leb, card)
  hooks.hold()
  await pay(bought, 'fail')
  await pay(bought)
  hooks.release({ reversed: true, copies: 3 })
  await happens()
  for (const event of hooks.events()) hooks.replay(event.id)
  await happens()
  expect(await payments(bought.orderId)).toHaveLength(1)
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, orders_in_hand: 2_000n })
  const events = await inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('provider_event').select(['deliveries', 'looked_at']).execute(),
  )
  expect(events.every(({ looked_at }) => looked_at !== null)).toBe(true)
  expect(Math.max(...events.map(({ deliveries }) => deliveries))).toBe(4)
})

it('two workers on the same payment at the same moment take it in once', async () => {
  const bought = await awaitingOrder(leb, card)
  hooks.hold()
  await pay(bought)
  hooks.lose()
  const look = { issuerId: 'leb', id: bought.ref }
  await Promise.all(Array.from({ length: 6 }, () => lookAtPayment(leb, look)))
  expect(await payments(bought.orderId)).toHaveLength(1)
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, orders_in_hand: 2_000n })
})

it('finds a payment whose webhook never came, by asking', async () => {
  const bought = await awaitingOrder(leb, card)
  hooks.hold()
  await pay(bought)
  hooks.lose()
  await sweepPayments(leb)
  await workOffPayments(leb)
  expect(await order(bought.orderId)).toMatchObject({ state: 'awaiting_payment' })
  leb.clock.advance({ seconds: 150 })
  await sweepPayments(leb)
  await workOffPayments(leb)
  expect(await order(bought.orderId)).toMatchObject({ state: 'paid' })
})

it('waits for an order that comes after its money, and takes it then', async () => {
  const number = leb.ids.readable()
  await pay(await openPage(leb, { orderId: leb.ids.next(), number }))
  await hooks.idle()
  const early = await leb.pool.query(`delete from pgboss.job where name = 'payment' returning data`)
  for (const { data } of early.rows) await lookAtPayment(leb, data)
  expect(await moved()).toEqual({})
  const late = await awaitingOrder(leb, card, { number, open: false })
  await workOffPayments(leb)
  expect(await order(late.orderId)).toMatchObject({ state: 'paid' })
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, orders_in_hand: 2_000n })
})

it('keeps money whose order does not come, and matches it when it comes after all', async () => {
  const number = leb.ids.readable()
  await pay(await openPage(leb, { orderId: leb.ids.next(), number }))
  await hooks.idle()
  leb.clock.advance({ seconds: 16 * 60 })
  await workOffPayments(leb)
  expect(await unmatched()).toMatchObject([
    { reason: 'order_unknown', orderNumber: number, state: 'waiting' },
  ])
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, unmatched_receipts: 2_000n })
  const late = await awaitingOrder(leb, card, { number, open: false })
  await sweepPayments(leb)
  expect(await order(late.orderId)).toMatchObject({ state: 'paid' })
  expect(await unmatched()).toEqual([])
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, orders_in_hand: 2_000n })
})

it('gives back by itself what comes for an order that has lapsed, once, also when the answer is lost', async () => {
  const bought = await awaitingOrder(leb, card)
  await setState(bought.orderId, 'lapsed')
  await pay(bought)
  const payment = await leb.providers.of('leb').payment()
  // The provider does it, and its answer is lost.
  const hasty: typeof payment = {
    ...payment,
    async refund(request) {
      await payment.refund(request)
      return { kind: 'unknown', reason: 'timeout' }
    },
  }
  const slow = {
    ...leb,
    providers: { ...leb.providers, of: () => ({ payment: async () => hasty }) as never },
  }
  await hooks.idle()
  await lookAtPayment(leb, { issuerId: 'leb', id: bought.ref })
  const receipt = await receiptOf(bought.number)
  const look = { issuerId: 'leb', id: `receipt:${receipt.receipt_id}` }
  await expect(lookAtPayment(slow, look)).rejects.toThrow('timeout')
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, refunds_payable: 2_000n })
  await happens()
  await lookAtPayment(leb, look)
  expect(await receiptOf(bought.number)).toMatchObject({ reason: 'order_lapsed', state: 'refunded' })
  expect(await moved()).toEqual({})
  const { provider_ref } = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('payment')
      .select('provider_ref')
      .where('payment_id', '=', receipt.payment_id)
      .executeTakeFirstOrThrow(),
  )
  expect(leb.world.sims.payment.refunds(provider_ref)).toMatchObject([{ amount: 2_000 }])
  expect(await order(bought.orderId)).toMatchObject({ state: 'lapsed' })
})

it.each([
  ['amount_differs', { gross: 1_999n }],
  ['currency_differs', { currency: 'EUR' }],
])('gives back what is not the price: %s', async (reason, asked) => {
  const number = leb.ids.readable()
  const bought = await awaitingOrder(leb, card, { number, open: false })
  await pay(await openPage(leb, { orderId: bought.orderId, number, ...asked }))
  await happens()
  expect(await order(bought.orderId)).toMatchObject({ state: 'awaiting_payment' })
  expect(await receiptOf(number)).toMatchObject({ reason, state: 'refunded' })
  expect(await moved()).toEqual({})
})

it('gives back a second payment of one order', async () => {
  const bought = await awaitingOrder(leb, card)
  const again = await openPage(leb, { orderId: leb.ids.next(), number: bought.number })
  await pay(bought)
  await happens()
  await pay(again)
  await happens()
  expect(await receiptOf(bought.number)).toMatchObject({ reason: 'order_paid_already', state: 'refunded' })
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, orders_in_hand: 2_000n })
})

it('moves nothing when it is told again of a payment that was given back since', async () => {
  const closed = await seedCard(leb, { balance: 0n })
  const bought = await awaitingOrder(leb, closed)
  await pay(bought)
  await happens()
  const told = hooks.events().slice(-2)
  // Before it could be delivered, its card was closed: it is given back.
  await closeCard(leb, closed)
  await lookAtOrder(leb, leb.leases, { issuerId: 'leb', id: bought.orderId })
  const paymentRef = sim.checkout.find(bought.ref)!.payment_intent!
  const refunded = async () => {
    expect(await order(bought.orderId)).toMatchObject({ state: 'refunded' })
    expect(given(paymentRef)).toEqual([2_000])
    expect(await payments(bought.orderId)).toHaveLength(1)
    expect(await moved()).toEqual({})
  }
  await refunded()
  for (const event of [...told, ...told]) hooks.replay(event.id)
  await happens()
  await lookAtPayment(leb, { issuerId: 'leb', id: bought.ref })
  await lookAtPayment(leb, { issuerId: 'leb', id: paymentRef })
  await refunded()
})

it('looks again later when the provider cannot say, and forgets nothing', async () => {
  const bought = await awaitingOrder(leb, card)
  await pay(bought)
  await hooks.idle()
  sim.failures.set({ mode: 'down' })
  await expect(lookAtPayment(leb, { issuerId: 'leb', id: bought.ref })).rejects.toThrow('connection_failed')
  expect(await order(bought.orderId)).toMatchObject({ state: 'awaiting_payment' })
  sim.failures.set(undefined)
  await happens()
  expect(await order(bought.orderId)).toMatchObject({ state: 'paid' })
})

it('leaves alone what others do on the same account', async () => {
  sim.seed([
    { id: 'pi_shop', amount: 500, currency: 'cny', metadata: { leb_issuer: 'roamly', leb_order: 'X' } },
  ])
  hooks.hold()
  hooks.release()
  await lookAtPayment(leb, { issuerId: 'leb', id: 'pi_shop' })
  expect(await moved()).toEqual({})
})

it('lets a refused refund wait for staff', async () => {
  const bought = await awaitingOrder(leb, card)
  await setState(bought.orderId, 'lapsed')
  await pay(bought)
  leb.world.sims.payment.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await happens()
  leb.world.sims.payment.failures.set(undefined)
  expect(await unmatched()).toMatchObject([{ state: 'refunding', refusal: 'charged_back' }])
  expect(await moved()).toEqual({ cash_at_provider: -2_000n, refunds_payable: 2_000n })
})
