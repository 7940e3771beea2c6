import { afterAll, beforeEach, expect, it } from 'vitest'
import { openShop } from '../../test/orders.ts'
import { closeCard, partsOf, stateOf } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { countAsChargedBack } from '../closure/charged-back.ts'
import { recordBankTransfer, retryBlocked } from '../closure/unblock.ts'
import { checkBooks } from '../ledger/check.ts'
import { orderPaidCommand } from '../order/order-commands.ts'
import { inIssuer } from '../platform/db.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { lookAtPayment } from './look-at-payment.ts'
import { openMoneyStage } from './money-stage.fixture.ts'
import { awaitingOrder, pay } from './orders.fixture.ts'
import { returnedCommand, unmatchedCommand } from './payments-command.ts'

// Nobody is told of a dispute here before staff act: webhooks are late, and staff read the provider's dashboard.
const issuerId = 'leb'
const { leb, sim, mark, moved, close } = await openMoneyStage({ hooks: false })
afterAll(close)
beforeEach(mark)

/** A closing whose refund of ¥86.40 the provider refuses. */
const refused = async (disputed?: number) => {
  const card = await seedCard(leb, { balance: 8_640n, paid: 20_000n })
  const ref = card.paymentRef
  sim.seed([{ id: ref, amount: 20_000, currency: 'cny' }])
  await mark()
  sim.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  const dispute = disputed === undefined ? undefined : sim.disputes.open(ref, { amount: disputed })
  const closureId = await closeCard(leb, card)
  sim.failures.set(undefined)
  expect(await stateOf(leb, issuerId, closureId)).toBe('payout_charged_back')
  return { card, closureId, ref, dispute, which: { issuerId, closureId, iccid: card.iccid } }
}

it('notes no transfer before staff know of a dispute that the provider knows, and then as they decide', async () => {
  const { closureId, which } = await refused(20_000)
  const transfer = { ...which, reference: 'TRF 1' }
  await expect(recordBankTransfer(leb, transfer)).rejects.toMatchObject({ code: 'closure/money_news' })
  expect(await moved()).toMatchObject({ chargebacks: -20_000n, refunds_payable: 8_640n })
  expect(await stateOf(leb, issuerId, closureId)).toBe('payout_charged_back')
  await recordBankTransfer(leb, transfer)
  expect(await moved()).toMatchObject({ chargebacks: -20_000n, cash_at_bank: 8_640n })
})

it('counts as charged back only what the bank has taken, and sends the rest', async () => {
  const { closureId, which } = await refused(15_000)
  await countAsChargedBack(leb, which)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment paid 3640',
    'bank_transfer waiting 5000',
  ])
  expect(await moved()).toMatchObject({ refunds_payable: 5_000n, chargebacks: -11_360n })
})

it('counts nothing as charged back once the dispute is won, and pays when asked again', async () => {
  const { closureId, which, dispute, ref } = await refused(20_000)
  await lookAtPayment(leb, { issuerId, id: dispute!.id })
  sim.disputes.close(dispute!.id, 'won')
  await expect(countAsChargedBack(leb, which)).rejects.toMatchObject({ code: 'closure/not_charged_back' })
  await retryBlocked(leb, which)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(sim.refunds(ref).map(({ amount }) => amount)).toEqual([8_640])
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
})

it('hears of a refund made in the dashboard before a transfer is noted for the same money', async () => {
  const { closureId, which, ref } = await refused()
  sim.refundByHand(ref, 8_640)
  await expect(recordBankTransfer(leb, { ...which, reference: 'TRF 2' })).rejects.toMatchObject({
    code: 'closure/money_news',
  })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await moved()).toEqual({ cash_at_provider: 8_640n, holder_balance: -8_640n })
})

it('notes a transfer all the same when the provider says nothing: the money is gone', async () => {
  const { closureId, which } = await refused()
  sim.failures.set({ mode: 'down' })
  await recordBankTransfer(leb, { ...which, reference: 'TRF 3' })
  sim.failures.set(undefined)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('notes no transfer for an order whose payment the bank has taken back', async () => {
  const shop = await openShop(leb)
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, issuerId, { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  sim.failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  await shop.look(placed)
  sim.failures.set(undefined)
  sim.disputes.open(sim.checkout.all().at(-1)!.payment_intent!)
  const paid = { number: placed.number, reference: 'TRF 4', json: false, out: () => undefined }
  await expect(orderPaidCommand(leb, paid)).rejects.toThrow(/taken back|given back/)
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await moved()).toEqual({})
})

it('stops once before unmatched money is noted as sent back of which a part was given back by hand', async () => {
  const card = await seedCard(leb)
  await mark()
  const receipt = await unmatched(card)
  sim.refundByHand(receipt.provider_ref, 500)
  const returned = { receipt: receipt.receipt, reference: 'TRF 6', out: () => undefined }
  await expect(returnedCommand(leb, returned)).rejects.toThrow(/not booked yet/)
  expect(await moved()).toMatchObject({ unmatched_receipts: 2_000n, refunds_by_hand: -500n })
  await returnedCommand(leb, returned)
  expect(await moved()).not.toHaveProperty('unmatched_receipts')
})

it('notes no unmatched money as sent back that the bank has taken', async () => {
  const card = await seedCard(leb)
  await mark()
  const receipt = await unmatched(card)
  sim.disputes.open(receipt.provider_ref)
  const returned = { receipt: receipt.receipt, reference: 'TRF 5', out: () => undefined }
  await expect(returnedCommand(leb, returned)).rejects.toThrow(/settled already/)
  expect(await moved()).toEqual({})
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

/** Money for an order that had lapsed. */
const unmatched = async (card: Seeded) => {
  const order = await awaitingOrder(leb, card, { gross: 2_000n })
  await lapsed(order.orderId)
  await pay(order)
  await lookAtPayment(leb, { issuerId, id: order.ref })
  let said = ''
  await unmatchedCommand(leb, { json: true, out: (text) => void (said += text) })
  const list = JSON.parse(said) as { unmatched: { receipt: string; provider_ref: string }[] }
  return list.unmatched.at(-1)!
}
const lapsed = async (orderId: string) => {
  await inIssuer(leb.db, issuerId, (tx) =>
    tx.updateTable('purchase_order').set({ state: 'lapsed' }).where('order_id', '=', orderId).execute(),
  )
}
