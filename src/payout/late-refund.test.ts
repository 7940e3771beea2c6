import { afterAll, beforeEach, expect, it } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { closeCard, partsOf, stateOf } from '../../test/payouts.ts'
import { seedCard } from '../../test/seed.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { openMoneyStage } from '../payment/money-stage.fixture.ts'
import { newNumber, openPage, pay, workOffPayments } from '../payment/orders.fixture.ts'
import { listUnmatched } from '../payment/receipts.ts'
import { inIssuer } from '../platform/db.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'

// A request for a refund that nobody answered is still on its way while staff or the payer's bank change the picture.
const issuerId = 'leb'
const { leb, sim, mark, moved, heard, given, close } = await openMoneyStage()
afterAll(close)
beforeEach(mark)

const late = (work: () => Promise<unknown>) => {
  sim.failures.set({ mode: 'late', match: 'POST /v1/refunds', times: 1 })
  return work().finally(() => sim.failures.set(undefined))
}
/** A closing of ¥86.40 whose refund left for the provider and was not answered. */
const onItsWay = async () => {
  const card = await seedCard(leb, { balance: 8_640n, paid: 20_000n })
  sim.seed([{ id: card.paymentRef, amount: 20_000, currency: 'cny' }])
  await mark()
  const closureId = await closeCard(leb, card, { start: 'after_undo_window' })
  leb.clock.advance({ hours: 1 })
  await late(() => leb.look(issuerId, closureId))
  return { closureId, ref: card.paymentRef }
}
const told = async (closureId: string) => {
  for (let round = 0; round < 4; round++) {
    await leb.look(issuerId, closureId)
    await workOffPayments(leb)
  }
}

it('gives a closing’s refund time to arrive before another takes its place', async () => {
  const { closureId, ref } = await onItsWay()
  sim.refundByHand(ref, 8_640)
  await heard()
  leb.clock.advance({ seconds: 14 * 60 })
  await told(closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['original_payment waiting 8640'])
  await sim.arrive()
  await told(closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['original_payment paid 8640'])
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(given(ref)).toEqual([8_640, 8_640])
  // What staff gave besides is theirs to see.
  expect(await moved()).toMatchObject({ cash_at_provider: 17_280n, refunds_by_hand: -8_640n })
})

it('goes on when the time is over in which it could have arrived', async () => {
  const { closureId, ref } = await onItsWay()
  sim.refundByHand(ref, 8_640)
  await heard()
  await told(closureId)
  leb.clock.advance({ seconds: 15 * 60 })
  await told(closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
})

it('believes no refusal either while an earlier request may arrive', async () => {
  const { closureId } = await onItsWay()
  sim.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  leb.clock.advance({ seconds: 5 * 60 })
  await told(closureId)
  sim.failures.set(undefined)
  expect(await stateOf(leb, issuerId, closureId)).not.toBe('payout_charged_back')
  await sim.arrive()
  leb.clock.advance({ seconds: 5 * 60 })
  await told(closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('sends no order’s money to staff while its refund may arrive', async () => {
  const shop = await openShop(leb)
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, issuerId, { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  await late(() => shop.look(placed))
  sim.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunding', refundRoute: 'original_payment' })
  leb.clock.advance({ seconds: 15 * 60 })
  await shop.look(placed)
  sim.failures.set(undefined)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunding', refundRoute: 'bank_transfer' })
})

it('leaves staff no money that nobody ordered while its refund may arrive', async () => {
  const page = await openPage(leb, { orderId: leb.ids.next(), number: newNumber(leb), gross: 3_000n })
  await pay(page)
  await sim.webhooks.idle()
  leb.clock.advance({ hours: 1 })
  await lookAtPayment(leb, { issuerId, id: page.ref })
  const receipts = () => inIssuer(leb.db, issuerId, (tx) => listUnmatched(tx, issuerId))
  const id = `receipt:${(await receipts()).at(-1)!.receiptId}`
  await late(() => lookAtPayment(leb, { issuerId, id }).catch(() => undefined))
  sim.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  leb.clock.advance({ seconds: 14 * 60 })
  await lookAtPayment(leb, { issuerId, id })
  expect((await receipts()).at(-1)).toMatchObject({ state: 'refunding', refusal: null })
  leb.clock.advance({ seconds: 1 * 60 })
  await lookAtPayment(leb, { issuerId, id })
  sim.failures.set(undefined)
  expect((await receipts()).at(-1)).toMatchObject({ state: 'refunding', refusal: 'charged_back' })
})
