import { afterAll, beforeEach, expect, it } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { openMoneyStage } from '../payment/money-stage.fixture.ts'
import { workOffPayments } from '../payment/orders.fixture.ts'
import { inIssuer } from '../platform/db.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { orderPaidCommand } from './order-commands.ts'

const issuerId = 'leb'
const { leb, sim, mark, moved, heard, given, close } = await openMoneyStage()
afterAll(close)
beforeEach(mark)

it('takes it for an order that could not be delivered and whose refund was refused', async () => {
  const shop = await openShop(leb)
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, issuerId, { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  const ref = sim.checkout.all().at(-1)!.payment_intent!
  // Without webhook: a part of it before LEB asks, the rest after LEB was told no.
  sim.webhooks.hold()
  sim.refundByHand(ref, 800)
  sim.webhooks.lose()
  await shop.look(placed)
  expect(given(ref)).toEqual([800])
  await workOffPayments(leb)
  sim.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  sim.failures.set(undefined)
  sim.refundByHand(ref, 12_000)
  await heard()
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(given(ref)).toEqual([12_000, 800])
  expect(await moved()).toEqual({})
  await expect(
    orderPaidCommand(leb, { number: placed.number, reference: 'TRF 1', json: false }),
  ).rejects.toThrow(/waits for no transfer/)
})

it.each([
  { disputed: 12_000, lost: {} },
  { disputed: 12_800, lost: { cash_at_provider: 800n, chargebacks: -800n } },
])('owes no share of an order that bank ($disputed) and staff gave back between them', async (taken) => {
  const shop = await openShop(leb)
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, issuerId, { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  const ref = sim.checkout.all().at(-1)!.payment_intent!
  sim.webhooks.hold()
  sim.refundByHand(ref, 800)
  sim.webhooks.lose()
  sim.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  await workOffPayments(leb)
  await shop.look(placed)
  sim.failures.set(undefined)
  expect((await shop.view(placed)).refundRoute).toBe('bank_transfer')
  const dispute = sim.disputes.open(ref, { amount: taken.disputed })
  await lookAtPayment(leb, { issuerId, id: dispute!.id })
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await moved()).toEqual(taken.lost)
})

it('delivers nothing that was given back before', async () => {
  const shop = await openShop(leb)
  const placed = await shop.place()
  await shop.pay(placed)
  const { payment_intent: ref } = sim.checkout.all().at(-1)!
  sim.refundByHand(ref!, 12_800)
  await sim.webhooks.idle()
  await workOffPayments(leb)
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'refunded_by_hand' })
  expect(given(ref!)).toEqual([12_800])
  expect(await moved()).toEqual({})
})

it('owes an order’s money again when the refund by hand fails, and tells its buyer once more in the end', async () => {
  const shop = await openShop(leb)
  const placed = await shop.place()
  await shop.pay(placed)
  const { payment_intent: ref } = sim.checkout.all().at(-1)!
  const refund = sim.refundByHand(ref!, 12_800)
  await heard()
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  refund.status = 'failed'
  for (let n = 0; n < 2; n++) await lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunding', refundRoute: 'bank_transfer' })
  expect(await moved()).toEqual({ cash_at_provider: -12_800n, refunds_payable: 12_800n })
  await orderPaidCommand(leb, {
    number: placed.number,
    reference: 'TRF 8',
    json: false,
    out: () => undefined,
  })
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await moved()).toEqual({ cash_at_provider: -12_800n, cash_at_bank: 12_800n })
  const mails = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('notice').select('kind').where('order_id', '=', placed.orderId).execute(),
  )
  expect(mails.map(({ kind }) => kind).toSorted()).toEqual([
    'order_refunded',
    'order_refunded',
    'order_wants_account',
  ])
})

it('adds a share that failed by hand to what the order still gives back', async () => {
  const shop = await openShop(leb)
  const placed = await shop.place()
  await shop.pay(placed)
  const { payment_intent: ref } = sim.checkout.all().at(-1)!
  const refund = sim.refundByHand(ref!, 800)
  await heard()
  sim.failures.set({ mode: 'down', match: 'POST /v1/refunds' })
  await shop.look(placed)
  refund.status = 'failed'
  const lookAtRefunds = () => lookAtPayment(leb, { issuerId, id: `refunds:${ref}` })
  await lookAtRefunds()
  // What LEB has asked for itself may be done: it is not changed under way.
  expect(await moved()).toMatchObject({ refunds_payable: 12_000n })
  sim.failures.set(undefined)
  await shop.look(placed)
  await lookAtRefunds()
  await shop.look(placed)
  expect(given(ref!)).toEqual([12_000, 800])
  expect(await shop.view(placed)).toMatchObject({ state: 'refunding', refundRoute: 'bank_transfer' })
  expect(await moved()).toMatchObject({ refunds_payable: 800n })
})
