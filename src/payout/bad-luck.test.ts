import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addPayment, books, closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { countAsChargedBack } from '../closure/charged-back.ts'
import { recordBankTransfer, retryBlocked } from '../closure/unblock.ts'
import { undoClosure } from '../closure/undo.ts'
import { lookAtClosure } from '../closure/look.ts'
import { inIssuer } from '../platform/db.ts'

const issuerId = 'roamly'
let leb: Outside
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
})
afterAll(() => leb.stop())

const money = { issuerId, currency: 'EUR', residence: 'DE' }
let count = 0
/** A card paid in three payments: 20.00 at its sale, then 5.00, then 3.00. */
async function paidThrice(balance: bigint, refs: { middle?: string } = {}) {
  const nth = ++count
  const card = await seedCard(leb, { ...money, email: `thrice${nth}@example.com`, balance, paid: 2000n })
  const middle = refs.middle ?? `pi_middle${nth}_eur_1`
  const last = `pi_last${nth}_eur_1`
  await addPayment(leb, card, { ref: middle, amount: 500n, currency: 'EUR', day: 2 })
  const lastId = await addPayment(leb, card, { ref: last, amount: 300n, currency: 'EUR', day: 3 })
  return { card, middle, last, lastId }
}
const given = (ref: string) => leb.world.sims.payment.refunds(ref).map((refund) => refund.amount)

it('gives several payments back, the newest first, and the rest of more than was paid by transfer', async () => {
  const { card, middle, last } = await paidThrice(3000n)
  const closureId = await closeCard(leb, card)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment paid 300',
    'original_payment paid 500',
    'original_payment paid 2000',
    'bank_transfer waiting 200',
  ])
  expect([given(last), given(middle), given(card.paymentRef)]).toEqual([[300], [500], [2000]])
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await recordBankTransfer(leb, { issuerId, closureId, iccid: card.iccid, reference: 'BANK-7' })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('goes to another payment when the provider refuses the second of three parts, and keeps the refusal', async () => {
  const { card, middle } = await paidThrice(900n, { middle: 'pi_dollars_usd_1' })
  const closureId = await closeCard(leb, card)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment paid 300',
    'original_payment refused 500 currency_differs',
    'original_payment paid 100',
    'original_payment paid 500',
  ])
  expect(given(middle)).toEqual([])
  expect(given(card.paymentRef).toSorted((a, b) => a - b)).toEqual([100, 500])
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('goes by transfer when the holder’s card has expired and the refund fails later', async () => {
  const card = await seedCard(leb, { ...money, balance: 700n, paid: 700n })
  const { failures } = leb.world.sims.payment
  failures.set({ mode: 'fail_later', match: 'POST /v1/refunds', times: 1 })
  const closureId = await closeCard(leb, card)
  failures.set(undefined)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment refused 700 refund_failed',
    'bank_transfer waiting 700',
  ])
})

it('goes on with what is left when a payment was partly given back elsewhere', async () => {
  const { card, last } = await paidThrice(600n)
  leb.world.sims.payment.seed([{ id: last, amount: 120, currency: 'eur' }])
  const closureId = await closeCard(leb, card)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment refused 300 more_than_paid',
    'original_payment paid 300',
    'original_payment paid 200',
    'original_payment paid 100',
  ])
  expect(given(last)).toEqual([])
})

it('stops for staff when a payment is charged back between settlement and payout, and asks the provider nothing', async () => {
  const { card, last, lastId } = await paidThrice(600n)
  const { failures } = leb.world.sims.payment
  failures.set({ mode: 'down', match: 'GET /v1/payment_intents' })
  const closureId = await closeCard(leb, card)
  await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .updateTable('payment')
      .set({ charged_back_minor: 300n })
      .where('issuer_id', '=', issuerId)
      .where('payment_id', '=', lastId)
      .execute(),
  )
  failures.set(undefined)
  // Until then its first request might still have reached the provider.
  leb.clock.advance({ seconds: 15 * 60 })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('payout_charged_back')
  expect(given(last)).toEqual([])
  // The other payment did not wait for it.
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment waiting 300',
    'original_payment paid 300',
  ])
  await retryBlocked(leb, { issuerId, closureId })
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('payout_charged_back')
  const before = await books(leb, issuerId, 'EUR')
  await countAsChargedBack(leb, { issuerId, closureId, iccid: card.iccid })
  await leb.look(issuerId, closureId)
  const after = await books(leb, issuerId, 'EUR')
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect((after['chargebacks'] ?? 0n) - (before['chargebacks'] ?? 0n)).toBe(300n)
  expect(given(last)).toEqual([])
  const { raw } = leb.world.sims.mail.messages(`thrice${count}@example.com`).at(-1)!
  const { text } = await simpleParser(Buffer.from(raw, 'latin1'))
  expect(text).toContain('€3.00 is on its way back to you')
  expect(text).toContain("The payer's bank had taken back €3.00 already")
})

it('gives every posting, order and part back when it is undone after settlement', async () => {
  const { card, middle, last } = await paidThrice(3000n, { middle: 'pi_undone_eur_1' })
  const before = await books(leb, issuerId, 'EUR')
  await inIssuer(leb.db, issuerId, (tx) =>
    tx.updateTable('payment').set({ provider: 'bank' }).where('card_id', '=', card.cardId).execute(),
  )
  const closureId = await closeCard(leb, card)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 3000'])
  await undoClosure(leb, { issuerId, closureId })
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer refused 3000 undone'])
  expect(await books(leb, issuerId, 'EUR')).toEqual(before)
  await leb.look(issuerId, closureId)
  await inIssuer(leb.db, issuerId, (tx) =>
    tx.updateTable('payment').set({ provider: 'stripe' }).where('card_id', '=', card.cardId).execute(),
  )
  const again = await closeCard(leb, card)
  expect((await partsOf(leb, issuerId, again)).slice(0, 3)).toEqual([
    'original_payment paid 300',
    'original_payment paid 500',
    'original_payment paid 2000',
  ])
  expect([given(last), given(middle), given(card.paymentRef)]).toEqual([[300], [500], [2000]])
})

it('pays each part once when two workers tell it without leases', async () => {
  const { card, middle, last } = await paidThrice(2800n)
  const everyone = { take: async () => async () => undefined, close: async () => undefined }
  const closureId = await closeCard(leb, card, { start: 'after_undo_window' })
  leb.clock.advance({ hours: 1 })
  const look = { issuerId, id: closureId }
  for (let round = 0; (await stateOf(leb, issuerId, closureId)) !== 'closed'; round++) {
    expect(round).toBeLessThan(20)
    await Promise.all([
      lookAtClosure(leb, everyone, look),
      lookAtClosure({ ...leb, worker: 'second' }, everyone, look),
    ])
    leb.clock.advance({ seconds: 2 })
  }
  expect([given(last), given(middle), given(card.paymentRef)]).toEqual([[300], [500], [2000]])
})
