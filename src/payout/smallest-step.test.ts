import { sql } from 'kysely'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { books, closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { claimKept } from '../closure/claim-kept.ts'
import { previewClosure } from '../closure/preview.ts'
import { readClosure } from '../closure/read-closure.ts'
import { recordBankTransfer, retryBlocked } from '../closure/unblock.ts'
import { inIssuer } from '../platform/db.ts'
import { waysOf } from './pages/ways.ts'

const issuerId = 'roamly'
let leb: Outside
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'kwd' })
  await setMoney(leb, issuerId, {})
})
afterAll(() => leb.stop())

// Stripe wants the last of KWD's three digits to be 0.
const dinars = { issuerId, currency: 'KWD', residence: 'DE', balance: 6_915n, paid: 7_120n }
const given = (ref: string) => leb.world.sims.payment.refunds(ref).map((refund) => refund.amount)

it('tells before the declaration that the last digit goes another way than the rest, and posts that', async () => {
  const card = await seedCard(leb, dinars)
  const { cards } = await previewClosure(leb, {
    issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
  })
  expect(cards[0]!.settlement.parts).toMatchObject([
    { route: 'original_payment', amount: 6_910n },
    { route: 'kept', amount: 5n },
  ])
  const words = { lang: 'en', day: 'Monday', minimum: {} } as const
  expect(waysOf([cards[0]!.settlement], words)).toEqual([
    expect.stringMatching(/6\.910 goes back to the payment method/),
    expect.stringMatching(/0\.005 is too little to be sent by itself\. It stays yours/),
  ])
  // Whoever closes the account has no progress page to sign in for.
  expect(waysOf([cards[0]!.settlement], { ...words, wholeAccount: true })[1]).toMatch(/answer our last mail/)
  const closureId = await closeCard(leb, card)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['original_payment paid 6910', 'kept waiting 5'])
  expect(given(card.paymentRef)).toEqual([6_910])
  // Nobody's closing waits for a bank account over a last digit; who wants it asks.
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  await claimKept(leb, { issuerId, closureId })
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('bank_transfer waiting 5')
})

it('leaves a last digit to support after the erasure: nobody could name an account for it any more', async () => {
  const card = await seedCard(leb, { ...dinars, email: 'gone@example.com', accountRef: 'GONE' })
  const closureId = await closeCard(leb, card, { cardIds: 'account', act: 'erase' })
  await expect(claimKept(leb, { issuerId, closureId })).rejects.toMatchObject({ code: 'payout/person_gone' })
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('kept waiting 5')
  await recordBankTransfer(leb, { issuerId, closureId, iccid: card.iccid, reference: 'BY-HAND-1' })
  await leb.look(issuerId, closureId)
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('bank_transfer paid 5')
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('tells of the end, and forgets the address, also when money comes back just before', async () => {
  const card = await seedCard(leb, { ...dinars, email: 'soon@example.com', accountRef: 'SOON' })
  const closureId = await closeCard(leb, card, { cardIds: 'account', act: 'erase' })
  // The certificate is there, its mail waits for that of the slip.
  expect(await readClosure(leb, { issuerId, closureId })).toMatchObject({ state: 'closed', toldAt: null })
  // As after a transfer that the bank sent back, or a claim by who was erased, before it was refused.
  await inIssuer(leb.db, issuerId, (tx) =>
    sql`with given as (update payout_part set state = 'refused', refusal = 'claimed'
                        where closure_id = ${closureId} and route = 'kept' returning *)
        insert into payout_part (issuer_id, part_id, closure_id, card_id, ord, route, currency, amount_minor)
        select issuer_id, gen_random_uuid(), closure_id, card_id, ord + 1, 'bank_transfer', currency, amount_minor
          from given`.execute(tx),
  )
  await leb.look(issuerId, closureId)
  await leb.sendMails(issuerId)
  await leb.look(issuerId, closureId)
  expect((await readClosure(leb, { issuerId, closureId }))!.toldAt).not.toBeNull()
  const { text } = await simpleParser(leb.world.sims.mail.messages('soon@example.com').at(-1)!.raw)
  expect(text).toMatch(/6\.910 is on its way back to you/)
  const envelopes = await inIssuer(leb.db, issuerId, (tx) =>
    tx.selectFrom('parting_envelope').select('closure_id').where('closure_id', '=', closureId).execute(),
  )
  expect(envelopes).toEqual([])
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
})

it('lets staff transfer what was kept to who can ask for it in a letter only, once', async () => {
  const card = await seedCard(leb, { ...dinars, email: 'letter@example.com', accountRef: 'LETTER' })
  const closureId = await closeCard(leb, card, { cardIds: 'account', act: 'erase' })
  const before = await books(leb, issuerId, 'KWD')
  const paid = (reference: string) =>
    recordBankTransfer(leb, { issuerId, closureId, iccid: card.iccid, reference })
  // A reference that is known already is the command of before, said twice.
  const nothing = { code: 'closure/nothing_blocked' }
  const known = leb.world.sims.payment.refunds(card.paymentRef)[0]!.id
  await expect(paid(known)).rejects.toMatchObject({ code: 'closure/reference_known' })
  await paid('BY-HAND-2')
  await leb.look(issuerId, closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment paid 6910',
    'kept refused 5 paid_by_hand',
    'bank_transfer paid 5',
  ])
  const after = await books(leb, issuerId, 'KWD')
  expect((after['refunds_payable'] ?? 0n) - before['refunds_payable']!).toBe(-5n)
  await expect(paid('BY-HAND-2')).rejects.toMatchObject(nothing)
})

it('sends what can go back the way it came also of a part that was planned whole', async () => {
  const card = await seedCard(leb, dinars)
  const { failures } = leb.world.sims.payment
  failures.set({ mode: 'refuse', match: 'POST /v1/refunds' })
  const closureId = await closeCard(leb, card)
  failures.set(undefined)
  // As it was settled before the provider's step was known.
  await inIssuer(leb.db, issuerId, async (tx) => {
    await sql`delete from payout_part where closure_id = ${closureId} and amount_minor = 5`.execute(tx)
    await sql`update payout_part set amount_minor = 6915 where closure_id = ${closureId}`.execute(tx)
  })
  await retryBlocked(leb, { issuerId, closureId })
  await leb.look(issuerId, closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'original_payment refused 6915 amount_not_representable',
    'original_payment paid 6910',
    'kept waiting 5',
  ])
  expect(given(card.paymentRef)).toEqual([6_910])
})
