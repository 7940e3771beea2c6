import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { books, closeCard, partsOf, setMoney } from '../../test/payouts.ts'
import { seedCard, seedCards, type Seeded } from '../../test/seed.ts'
import { untilKept } from '../../test/unclaimed.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { checkBooks } from '../ledger/check.ts'
import { makePayoutFile } from '../payout/payout-file.ts'
import { endToEndId, transferSettled } from '../payout/transfers.ts'
import { inIssuer } from '../platform/db.ts'
import { nameBankAccount } from './bank-account.ts'
import { claimKept } from './claim-kept.ts'
import { readClosure } from './read-closure.ts'
import { notePaid } from './staff-commands.ts'
import { stillOwed } from './still-owed.ts'
import { type Recorded, recordBankTransfer } from './unblock.ts'

/** `leb paid` books what the paper tells as owed: all of it, once, and nothing that the bank may be sending by itself. */
const issuerId = 'roamly'
let leb: Outside
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
})
afterAll(() => leb.stop())

let nth = 0
beforeEach(() => void nth++)
const restart = () => leb.clock.set(new Date('2026-11-22T10:00:00Z'))
beforeEach(restart)
const seeded = () => ({
  issuerId,
  currency: 'EUR',
  residence: 'DE',
  provider: 'bank' as const,
  email: `in-one-${nth}@example.com`,
})
const accountOf = (...balances: bigint[]) =>
  seedCards(
    leb,
    balances.map((balance) => ({ ...seeded(), balance, accountRef: `IN-ONE-${nth}` })),
  )
const paid = (closureId: string, reference: string, more: Partial<Recorded> = {}) =>
  recordBankTransfer(leb, { issuerId, closureId, reference, ...more })
const owed = async () => (await books(leb, issuerId, 'EUR'))['refunds_payable'] ?? 0n
const told = async (closureId: string) =>
  stillOwed((await readClosure(leb, { issuerId, closureId }))!, 'certificate').map(({ amount, standing }) => [
    standing,
    amount?.amount,
  ])
const sums = (...of: [Seeded, bigint][]) =>
  of
    .map(([{ iccid }, amount]) => ({ iccid, amount, currency: 'EUR' }))
    .toSorted((a, b) => a.iccid.localeCompare(b.iccid))

it('books one transfer for all cards of a closure, by the closure or card by card, under one reference', async () => {
  const before = await owed()
  const [a, b, z] = await accountOf(700n, 300n, 200n)
  const closureId = await closeCard(leb, a!, { cardIds: 'account' })
  await untilKept(leb, issuerId, closureId)
  expect((await owed()) - before).toBe(1200n)
  expect(await paid(closureId, 'ONE', { iccid: a!.iccid })).toEqual(sums([a!, 700n]))
  await expect(paid(closureId, 'ONE', { iccid: a!.iccid })).rejects.toMatchObject({
    code: 'closure/nothing_blocked',
  })
  expect(await paid(closureId, 'ONE', { iccid: b!.iccid })).toEqual(sums([b!, 300n]))
  expect(await paid(closureId, 'ONE')).toEqual(sums([z!, 200n]))
  expect([await owed(), await told(closureId)]).toEqual([before, []])

  restart()
  nth++
  const [c, d] = await accountOf(700n, 300n)
  const whole = await closeCard(leb, c!, { cardIds: 'account' })
  await untilKept(leb, issuerId, whole)
  expect(await paid(whole, 'WHOLE')).toEqual(sums([c!, 700n], [d!, 300n]))
  for (const reference of ['WHOLE', 'ANOTHER'])
    await expect(paid(whole, reference)).rejects.toMatchObject({ code: 'closure/nothing_blocked' })
  expect([await owed(), await told(whole)]).toEqual([before, []])
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('books what the paper tells, too little to be sent by itself or kept for want of an account, and says the sum', async () => {
  const card = await seedCard(leb, { ...seeded(), balance: 1230n })
  const closureId = await closeCard(leb, card)
  // As a last digit that the provider can't carry stands beside a refund that became a transfer.
  await inIssuer(leb.db, issuerId, async (tx) => {
    await sql`update payout_part set amount_minor = 1225 where closure_id = ${closureId}`.execute(tx)
    await sql`insert into payout_part (issuer_id, part_id, closure_id, card_id, ord, route, currency, amount_minor)
              select issuer_id, gen_random_uuid(), closure_id, card_id, ord + 1, 'kept', currency, 5
                from payout_part where closure_id = ${closureId}`.execute(tx)
  })
  await untilKept(leb, issuerId, closureId)
  expect(Object.fromEntries(await told(closureId))).toEqual({ kept: '1225', too_little: '5' })
  expect(await paid(closureId, 'ALL-OF-IT')).toEqual(sums([card, 1230n]))
  expect(await told(closureId)).toEqual([])
})

it('answers the sums to who compares them with the bank’s, and names the file in words and to programs', async () => {
  const card = await seedCard(leb, { ...seeded(), balance: 1230n })
  const closureId = await closeCard(leb, card)
  await untilKept(leb, issuerId, closureId)
  const { number } = (await readClosure(leb, { issuerId, closureId }))!
  expect(await notePaid(leb, number, { reference: 'CLI-1' })).toBe(
    `${number} has its transfer noted: 12.30 EUR of card ${card.iccid}\n`,
  )

  restart()
  const other = await inFile()
  const named = notePaid(leb, other.number, { reference: 'CLI-2' })
  await expect(named).rejects.toMatchObject({
    reason: 'closure/in_bank_file',
    message: expect.stringContaining(`It stands in a file for the bank, ${other.fileId}. Ask the bank first`),
  })
  const said = await notePaid(leb, other.number, { reference: 'CLI-2', inFile: true, json: true })
  const paid = [{ iccid: other.card.iccid, amount: '1230', currency: 'EUR' }]
  expect(JSON.parse(said)).toEqual({ number: other.number, done: true, paid })
})

it('notes a transfer straight after a claim, before any worker has looked', async () => {
  const card = await seedCard(leb, { ...seeded(), balance: 1230n })
  const closureId = await closeCard(leb, card)
  await untilKept(leb, issuerId, closureId)
  await claimKept(leb, { issuerId, closureId })
  expect(await paid(closureId, 'STRAIGHT')).toEqual(sums([card, 1230n]))
  await leb.look(issuerId, closureId)
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('bank_transfer paid 1230')
})

it('pays once, whoever of holder and staff comes first when all come at once', async () => {
  for (const nobody of ['A', 'B', 'C']) {
    restart()
    nth++
    const before = await owed()
    const card = await seedCard(leb, { ...seeded(), balance: 500n })
    const closureId = await closeCard(leb, card)
    await untilKept(leb, issuerId, closureId)
    const ends = await Promise.allSettled([
      claimKept(leb, { issuerId, closureId }),
      paid(closureId, `FIRST-${nobody}`),
      leb.look(issuerId, closureId),
      paid(closureId, `SECOND-${nobody}`, { iccid: card.iccid }),
      claimKept(leb, { issuerId, closureId }),
    ])
    await leb.look(issuerId, closureId)
    expect([ends[1], ends[3]].map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect([await owed(), await told(closureId)]).toEqual([before, []])
  }
  expect((await checkBooks(leb)).ok).toBe(true)
})

type InFile = { card: Seeded; closureId: string; number: string; fileId: string; partId: string }

/** Claimed on the page, and with the bank. */
async function inFile(): Promise<InFile> {
  const card = await seedCard(leb, { ...seeded(), balance: 1230n })
  const closureId = await closeCard(leb, card)
  await untilKept(leb, issuerId, closureId)
  await claimKept(leb, { issuerId, closureId })
  await leb.look(issuerId, closureId)
  await nameBankAccount(leb, { issuerId, closureId, iban: 'DE89370400440532013000', name: 'Li Lei' })
  const issuer = (await findIssuer(leb.db, issuerId))!
  const file = (await makePayoutFile(leb, issuer, issuer.providers.payouts!))!
  await leb.look(issuerId, closureId)
  const { number, cards } = (await readClosure(leb, { issuerId, closureId }))!
  const { partId } = cards[0]!.parts.at(-1)!
  return { card, closureId, number, fileId: file.fileId, partId }
}
const settled = (partId: string) =>
  inIssuer(leb.db, issuerId, (tx) =>
    transferSettled(leb, tx, {
      issuerId,
      endToEndId: endToEndId(partId),
      amount: 1230n,
      currency: 'EUR',
      bookedOn: '2027-01-24',
    }),
  )

it('names the file that a transfer stands in instead of booking it twice', async () => {
  const before = await owed()
  const { closureId, fileId, partId } = await inFile()
  await expect(paid(closureId, 'BY-HAND')).rejects.toMatchObject({
    code: 'closure/in_bank_file',
    facts: { file: fileId },
  })
  // The bank says itself that it has carried it out.
  expect(await settled(partId)).toBe('settled')
  expect([await owed(), await told(closureId)]).toEqual([before, []])
})

it('books a transfer that was paid outside of its file, and lays the file’s before a person if it is sent as well', async () => {
  const before = await owed()
  const { card, closureId, partId } = await inFile()
  expect(await paid(closureId, 'BY-HAND', { file: 'paid_outside' })).toEqual(sums([card, 1230n]))
  expect((await partsOf(leb, issuerId, closureId)).slice(-2)).toEqual([
    'bank_transfer refused 1230 paid_by_hand',
    'bank_transfer paid 1230',
  ])
  expect((await readClosure(leb, { issuerId, closureId }))!.cards[0]!.parts.at(-1)!.byHand).toBe(true)
  expect(await settled(partId)).toBe('differs')
  expect(await owed()).toBe(before)
  const kept = await inIssuer(leb.db, issuerId, (tx) =>
    sql`select 1 from payout_file where issuer_id = ${issuerId} and burned_at is null`.execute(tx),
  )
  expect(kept.rows).toEqual([])
  expect((await checkBooks(leb)).ok).toBe(true)
})
