import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Crash, withFuse } from '../../test/crash/crash-at.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { books, closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { type Seeded, seedCard, seedCards } from '../../test/seed.ts'
import { checkBooks } from '../ledger/check.ts'
import { makePayoutFile } from '../payout/payout-file.ts'
import { endToEndId, transferReturned } from '../payout/transfers.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { beginInIssuer, inIssuer } from '../platform/db.ts'
import { nameBankAccount } from './bank-account.ts'
import { claimKept } from './claim-kept.ts'
import { keepUnanswered } from './keep-unanswered.ts'
import { readClosure } from './read-closure.ts'
import { remindHolders } from './remind-of-account.ts'
import { recordBankTransfer } from './unblock.ts'

const issuerId = 'roamly'
let leb: Outside
// The end of Sunday 22 November plus 60 days, in Berlin.
const last_second = '2027-01-21T22:59:59Z'
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
})
afterAll(() => leb.stop())

let nth = 0
let email: string
beforeEach(() => {
  leb.clock.set(new Date('2026-11-22T10:00:00Z'))
  email = `kept-${++nth}@example.com`
})

const seeded = () => ({ issuerId, currency: 'EUR', residence: 'DE', provider: 'bank' as const, email })
const paidByBank = () => seedCard(leb, { ...seeded(), balance: 1230n })
const anAccount = async () => {
  const cards = await seedCards(leb, [{ ...seeded(), balance: 700n, accountRef: `SILENT-${nth}` }])
  return cards[0]!
}
const name = (closureId: string) =>
  nameBankAccount(leb, { issuerId, closureId, iban: 'DE89370400440532013000', name: 'Li Lei' })
const paid = ({ iccid }: Seeded, closureId: string, reference: string) =>
  recordBankTransfer(leb, { issuerId, closureId, iccid, reference })

/** A minute of a worker: reminders, what is kept, and a look. */
async function minute(closureId: string, workers = 1): Promise<void> {
  await remindHolders(leb)
  await leb.sendMails(issuerId)
  await Promise.all(Array.from({ length: workers }, () => keepUnanswered(leb)))
  await leb.look(issuerId, closureId)
}
/** The months in which their holder says nothing, until a moment of the last day. */
async function silentUntil(at: string, closureId: string): Promise<void> {
  leb.clock.set(new Date('2026-11-25T10:00:00Z'))
  await minute(closureId)
  leb.clock.set(new Date('2026-12-06T10:00:00Z'))
  await minute(closureId)
  leb.clock.set(new Date(at))
}
const owed = async () => (await books(leb, issuerId, 'EUR'))['refunds_payable'] ?? 0n
const holds = async () => (await checkBooks(leb)).ok
const view = async (closureId: string) => (await readClosure(leb, { issuerId, closureId }))!

it('ends a silent holder’s account at its day: money kept, person erased, certificate out, paid later once', async () => {
  const before = await owed()
  const card = await anAccount()
  const closureId = await closeCard(leb, card, { cardIds: 'account' })
  await silentUntil(last_second, closureId)
  await minute(closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  leb.clock.advance({ seconds: 2 })
  await minute(closureId, 3)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'bank_transfer refused 700 no_account_named',
    'kept waiting 700',
  ])
  expect((await owed()) - before).toBe(700n)
  const person = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('account as a')
      .innerJoin('holder as h', (j) =>
        j.onRef('h.issuer_id', '=', 'a.issuer_id').onRef('h.holder_id', '=', 'a.holder_id'),
      )
      .select('h.wrapped_key')
      .where('a.account_id', '=', card.accountId)
      .execute(),
  )
  expect(person).toEqual([{ wrapped_key: null }])
  const closed = await view(closureId)
  expect(closed.documents.map(({ kind }) => kind)).toContain('certificate')
  expect(closed.cards[0]!.parts.at(-1)).toMatchObject({ route: 'kept', claimUntil: '2030-12-31' })
  expect(await holds()).toBe(true)

  await expect(name(closureId)).rejects.toMatchObject({ code: 'payout/no_transfer_wanted' })
  leb.clock.advance({ days: 700 })
  await minute(closureId)
  await paid(card, closureId, 'CLAIM-1')
  await leb.look(issuerId, closureId)
  expect(await owed()).toBe(before)
  expect((await partsOf(leb, issuerId, closureId)).slice(1)).toEqual([
    'kept refused 700 paid_by_hand',
    'bank_transfer paid 700',
  ])
  for (const reference of ['CLAIM-1', 'CLAIM-2'])
    await expect(paid(card, closureId, reference)).rejects.toMatchObject({ code: 'closure/nothing_blocked' })
  expect(await owed()).toBe(before)
  expect(await holds()).toBe(true)
})

it('transfers to an account that is named in the last hours, however late the file is made', async () => {
  const card = await paidByBank()
  const closureId = await closeCard(leb, card)
  await silentUntil('2027-01-20T23:30:00Z', closureId)
  await name(closureId)
  await minute(closureId)
  leb.clock.advance({ days: 3 })
  await minute(closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 1230'])
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_to_send')

  // It comes back: asked anew, with two reminders and two weeks of its own.
  const issuer = (await findIssuer(leb.db, issuerId))!
  await makePayoutFile(leb, issuer, issuer.providers.payouts!)
  await leb.look(issuerId, closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_under_way')
  const { partId } = (await view(closureId)).cards[0]!.parts[0]!
  await inIssuer(leb.db, issuerId, (tx) =>
    transferReturned(leb, tx, {
      issuerId,
      endToEndId: endToEndId(partId),
      amount: 1230n,
      currency: 'EUR',
      bookedOn: '2027-01-24',
    }),
  )
  await minute(closureId)
  expect((await view(closureId)).accountWantedUntil).toEqual(new Date('2027-02-21T22:59:59Z'))
  leb.clock.advance({ days: 3 })
  await minute(closureId)
  leb.clock.advance({ days: 11 })
  await minute(closureId)
  leb.clock.set(new Date('2027-02-21T22:00:00Z'))
  await minute(closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  leb.clock.advance({ hours: 1 })
  await minute(closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await holds()).toBe(true)
})

const moment = () => new Promise((resolve) => setTimeout(resolve, 300))

it('lets the first win, the account or the day, where both come at once', async () => {
  for (const namedFirst of [true, false]) {
    leb.clock.set(new Date('2026-11-22T10:00:00Z'))
    email = `race-${nth}-${namedFirst}@example.com`
    const closureId = await closeCard(leb, await paidByBank())
    await silentUntil(last_second, closureId)
    leb.clock.advance({ seconds: 2 })
    // Both come while somebody else has the closure, and go on in the order in which they came.
    const other = await beginInIssuer(leb.db, issuerId)
    await sql`select 1 from closure where closure_id = ${closureId} for no key update`.execute(other.tx)
    const acts = [() => name(closureId), () => keepUnanswered(leb)]
    const [first, second] = namedFirst ? acts : acts.toReversed()
    const begun = [first!()]
    await moment()
    begun.push(second!())
    await moment()
    await other.rollback()
    const ends = await Promise.allSettled(begun)
    await minute(closureId, 2)
    const parts = await partsOf(leb, issuerId, closureId)
    if (namedFirst) {
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      expect(parts).toEqual(['bank_transfer waiting 1230'])
      expect(await stateOf(leb, issuerId, closureId)).toBe('transfer_to_send')
    } else {
      expect(ends[1]).toMatchObject({ reason: { code: 'payout/no_transfer_wanted' } })
      expect(parts).toEqual(['bank_transfer refused 1230 no_account_named', 'kept waiting 1230'])
      expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
    }
  }
  expect(await holds()).toBe(true)
})

it('keeps it once, wherever a worker dies', async () => {
  const closureId = await closeCard(leb, await anAccount(), { cardIds: 'account' })
  await silentUntil(last_second, closureId)
  leb.clock.advance({ seconds: 2 })
  let deaths = 0
  for (let blows = 1; ; blows++) {
    const fuse = { reached: 0, blows, blown: false }
    await keepUnanswered(withFuse(leb, fuse)).catch((error: unknown) => expect(error).toBeInstanceOf(Crash))
    if (!fuse.blown) break
    deaths++
  }
  expect(deaths).toBeGreaterThan(1)
  await Promise.all([leb.look(issuerId, closureId), leb.look(issuerId, closureId)])
  await minute(closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'bank_transfer refused 700 no_account_named',
    'kept waiting 700',
  ])
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await holds()).toBe(true)
})

it('waits two weeks after a last reminder that came late, or that told no day', async () => {
  const closureId = await closeCard(leb, await paidByBank())
  leb.clock.set(new Date('2027-02-01T10:00:00Z'))
  await minute(closureId)
  expect((await view(closureId)).accountWantedUntil).toEqual(new Date('2027-02-15T22:59:59Z'))
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  // As after migration 0089: reminded twice, and told of no day.
  await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .updateTable('closure')
      .set({ account_wanted_until: null })
      .where('closure_id', '=', closureId)
      .execute(),
  )
  leb.clock.set(new Date('2027-02-20T10:00:00Z'))
  await minute(closureId)
  expect((await view(closureId)).accountWantedUntil).toEqual(new Date('2027-03-06T22:59:59Z'))
  const mails = leb.world.sims.mail.messages(email).length
  await minute(closureId)
  expect(leb.world.sims.mail.messages(email).length).toBe(mails)
  // A reminder that no mail server has taken warns of nothing.
  leb.clock.set(new Date('2027-03-07T10:00:00Z'))
  const notice = (state: string) =>
    inIssuer(leb.db, issuerId, (tx) =>
      tx
        .updateTable('notice')
        .set({ state })
        .where('closure_id', '=', closureId)
        .where('kind', '=', 'bank_details_reminder')
        .execute(),
    )
  await notice('waiting')
  await keepUnanswered(leb)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 1230'])
  await notice('sent')
  await minute(closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('keeps nothing that may have been given back on the provider’s page: a worker says first', async () => {
  const card = await paidByBank()
  const closureId = await closeCard(leb, card)
  await silentUntil(last_second, closureId)
  leb.clock.advance({ seconds: 2 })
  await inIssuer(leb.db, issuerId, (tx) =>
    sql`insert into refund_by_hand (issuer_id, provider, refund_ref, payment_id, payment_ref, currency, amount_minor,
                                    left_minor, made_at, seen_at)
        select issuer_id, provider, 're_page', payment_id, provider_ref, currency, 1230, 1230, ${leb.clock.now()},
               ${leb.clock.now()} from payment where card_id = ${card.cardId}`.execute(tx),
  )
  await keepUnanswered(leb)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 1230'])
  await inIssuer(leb.db, issuerId, (tx) =>
    tx.deleteFrom('refund_by_hand').where('refund_ref', '=', 're_page').execute(),
  )
  await minute(closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 1230'])
  leb.clock.advance({ days: 1, seconds: 1 })
  await minute(closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('sends what was kept when its holder, whose account stays open, asks and names an account', async () => {
  const before = await owed()
  const closureId = await closeCard(leb, await paidByBank())
  await silentUntil(last_second, closureId)
  leb.clock.advance({ seconds: 2 })
  await minute(closureId)
  await claimKept(leb, { issuerId, closureId })
  await expect(claimKept(leb, { issuerId, closureId })).rejects.toMatchObject({ code: 'payout/nothing_kept' })
  await leb.look(issuerId, closureId)
  await name(closureId)
  const issuer = (await findIssuer(leb.db, issuerId))!
  await makePayoutFile(leb, issuer, issuer.providers.payouts!)
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('bank_transfer sent 1230')
  const card = (await view(closureId)).cards[0]!
  const { iccid } = card
  const file = 'carried_out' as const
  await recordBankTransfer(leb, { issuerId, closureId, iccid, reference: 'BANK-9', file })
  expect(await owed()).toBe(before)
  expect(await holds()).toBe(true)
})
