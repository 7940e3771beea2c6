import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { books } from '../../test/payouts.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { openHookDoor, workOffPayments } from '../payment/orders.fixture.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { orderPaidCommand } from './order-commands.ts'

const issuerId = 'leb'
let leb: Outside
let door: { url: string; close(): Promise<void> }
let sim: Outside['world']['sims']['payment']
beforeAll(async () => {
  leb = await openOutside()
  door = await openHookDoor(leb)
  sim = leb.world.sims.payment
  sim.webhooks.register({ url: door.url, secret: 'whsec_sample' })
})
afterAll(async () => {
  await door.close()
  await leb.stop()
})
let before: Record<string, bigint>
beforeEach(async () => void (before = await books(leb, issuerId, 'CNY')))

const moved = async () => {
  const now = await books(leb, issuerId, 'CNY')
  const kinds = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted()
  return Object.fromEntries(
    kinds.map((kind) => [kind, (now[kind] ?? 0n) - (before[kind] ?? 0n)]).filter(([, by]) => by !== 0n),
  )
}
const heard = async () => {
  await sim.webhooks.idle()
  await workOffPayments(leb)
}
const given = (ref: string) => sim.refunds(ref).map((refund) => refund.amount)

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
