import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { books, closeCard, partsOf, stateOf } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { checkBooks } from '../ledger/check.ts'
import { lockCardBalance } from '../ledger/accounts.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { countAsChargedBack } from './charged-back.ts'
import { undoClosure } from './undo.ts'

const issuerId = 'leb'
let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

const asLeb = <T>(work: (tx: Tx) => Promise<T>) => inIssuer(leb.db, issuerId, work)
const balanceOf = ({ cardId }: Seeded) =>
  asLeb(async (tx) => (await lockCardBalance(tx, { issuerId, cardId })).amount)
const paidBy = (card: Seeded, provider: string) =>
  asLeb((tx) =>
    tx
      .updateTable('payment')
      .set({ provider })
      .where('card_id', '=', card.cardId)
      .returning('payment_id')
      .executeTakeFirstOrThrow(),
  )

/** Settled, and nothing asked of the provider yet, as when a worker dies there; then the payer's bank steps in. */
async function disputedBetween(taken: number) {
  const card = await seedCard(leb, { balance: 8_640n })
  leb.world.sims.payment.seed([{ id: card.paymentRef, amount: 20_000, currency: 'cny' }])
  const before = await books(leb, issuerId, 'CNY')
  await paidBy(card, 'bank')
  const closureId = await closeCard(leb, card)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 8640'])
  const { payment_id } = await paidBy(card, 'stripe')
  await asLeb((tx) =>
    tx
      .updateTable('payout_part')
      .set({ route: 'original_payment', payment_id })
      .where('closure_id', '=', closureId)
      .execute(),
  )
  await asLeb((tx) =>
    tx
      .updateTable('closure_block')
      .set({ cleared_at: leb.clock.now() })
      .where('closure_id', '=', closureId)
      .execute(),
  )
  leb.clock.advance({ seconds: 5 })
  const { id } = leb.world.sims.payment.disputes.open(card.paymentRef, { amount: taken })!
  await lookAtPayment(leb, { issuerId, id })
  return { card, closureId, before, disputeRef: id }
}

it('lets the balance that comes back bear what the bank took meanwhile, and gives it back when that is won', async () => {
  const { card, closureId, before, disputeRef } = await disputedBetween(20_000)
  await undoClosure(leb, { issuerId, closureId })
  expect(await balanceOf(card)).toBe(0n)
  const after = await books(leb, issuerId, 'CNY')
  expect((after['chargebacks'] ?? 0n) - (before['chargebacks'] ?? 0n)).toBe(-11_360n)
  leb.world.sims.payment.disputes.close(disputeRef, 'won')
  await lookAtPayment(leb, { issuerId, id: disputeRef })
  expect(await balanceOf(card)).toBe(8_640n)
  expect(await books(leb, issuerId, 'CNY')).toEqual(before)
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('is past undoing once staff have counted the money as given back by the bank', async () => {
  const { card, closureId } = await disputedBetween(20_000)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('payout_charged_back')
  await countAsChargedBack(leb, { issuerId, closureId, iccid: card.iccid })
  await expect(undoClosure(leb, { issuerId, closureId })).rejects.toMatchObject({
    code: 'closure/past_return',
  })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('counts only what the bank took; the rest of the part goes by transfer', async () => {
  const { card, closureId } = await disputedBetween(15_000)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('payout_charged_back')
  await countAsChargedBack(leb, { issuerId, closureId, iccid: card.iccid })
  // 200.00 less 150.00 could still go back.
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment paid 3640',
    'bank_transfer waiting 5000',
  ])
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
})
