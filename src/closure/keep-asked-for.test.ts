import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { Crash, withFuse } from '../../test/crash/crash-at.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { type Seeded, seedCard, seedCards } from '../../test/seed.ts'
import { checkBooks } from '../ledger/check.ts'
import { inIssuer } from '../platform/db.ts'
import { readClosure } from './read-closure.ts'
import { remindHolders } from './remind-of-account.ts'
import { keepUnanswered } from './keep-unanswered.ts'
import {
  day_is_over,
  first_reminder,
  last_reminder,
  paidByBank,
  withSilence,
} from './silent-holder.fixture.ts'

/** Kept is what its holder was asked for and reminded of; what is left waits on, and one closure's fault is its own. */
const issuerId = 'roamly'
let leb: Outside
let silence: ReturnType<typeof withSilence>
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
  silence = withSilence(leb, issuerId)
})
afterAll(() => leb.stop())

let nth = 0
let email: string
beforeEach(() => {
  leb.clock.set(new Date('2026-11-22T10:00:00Z'))
  email = `asked-${++nth}@example.com`
})

const seeded = () => ({ issuerId, ...paidByBank, email })
async function twoCards() {
  const whose = { ...seeded(), accountRef: `ASKED-${nth}` }
  const [a, b] = await seedCards(leb, [
    { ...whose, balance: 700n },
    { ...whose, balance: 300n },
  ])
  const closureId = await closeCard(leb, a!, { cardIds: 'account' })
  return { closureId, b: b! }
}
const view = async (closureId: string) => (await readClosure(leb, { issuerId, closureId }))!
const run = (statement: ReturnType<typeof sql>) => inIssuer(leb.db, issuerId, (tx) => statement.execute(tx))
const asks = async () =>
  (await silence.mailsTo(email)).filter((mail) => /Where shall we transfer|We still hold/.test(mail)).length
const partOfCard = async (closureId: string, { iccid }: Seeded) =>
  (await view(closureId)).cards.find((card) => card.iccid === iccid)!.parts[0]!.partId
const faults = (closureId: string) =>
  inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('closure_block')
      .select('reason')
      .where('closure_id', '=', closureId)
      .where('reason', '=', 'fault_of_ours')
      .where('cleared_at', 'is', null)
      .execute(),
  )
const reminders = async (closureId: string) =>
  (
    await inIssuer(leb.db, issuerId, (tx) =>
      tx
        .selectFrom('closure')
        .select('bank_reminders')
        .where('closure_id', '=', closureId)
        .executeTakeFirstOrThrow(),
    )
  ).bank_reminders
const pinTo = (closureId: string, version: string) =>
  run(sql`update closure set policy_version = ${version} where closure_id = ${closureId}`)

it('keeps one card’s money and goes on looking at the other’s, which waited for staff when the day came', async () => {
  const { closureId, b } = await twoCards()
  await silence.minutesAt([first_reminder, last_reminder, '2027-01-10T10:00:00Z'], closureId)
  await run(sql`
    insert into refund_by_hand (issuer_id, provider, refund_ref, payment_id, payment_ref, currency, amount_minor,
                                left_minor, made_at, seen_at)
    select issuer_id, provider, 're_two', payment_id, provider_ref, currency, 300, 300,
           ${new Date('2026-11-20T10:00:00Z')}, ${leb.clock.now()} from payment where card_id = ${b.cardId}`)
  await silence.minutesAt(['2027-01-10T10:01:00Z', day_is_over], closureId)
  expect((await partsOf(leb, issuerId, closureId)).toSorted()).toEqual([
    'bank_transfer refused 700 no_account_named',
    'bank_transfer waiting 300',
    'kept waiting 700',
  ])
  // Staff say that it was for something else.
  await run(sql`update refund_by_hand set state = 'besides' where refund_ref = 're_two'`)
  await silence.minutesAt(['2027-01-22T10:00:00Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await silence.minutesAt(['2027-01-22T23:00:02Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await partsOf(leb, issuerId, closureId)).toContain('kept waiting 300')
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('asks anew for money that turns into a transfer late, with reminders and a day of its own', async () => {
  const { closureId, b } = await twoCards()
  const part = await partOfCard(closureId, b)
  const noteAs = async (state: 'sent' | 'waiting') => {
    await run(sql`update closure_block set cleared_at = ${leb.clock.now()} where scope_id = ${part}`)
    await run(sql`update payout_part set state = ${state} where part_id = ${part}`)
  }
  await noteAs('sent')
  await silence.minutesAt([first_reminder, last_reminder], closureId)
  expect(await asks()).toBe(3)
  leb.clock.set(new Date('2027-01-21T10:00:00Z'))
  await noteAs('waiting')
  await silence.minute(closureId)
  expect(await asks()).toBe(4)
  expect((await view(closureId)).accountWantedUntil).toEqual(new Date('2027-02-18T22:59:59Z'))
  await silence.minutesAt([day_is_over], closureId)
  expect((await partsOf(leb, issuerId, closureId)).filter((one) => one.startsWith('kept'))).toEqual([])
  await silence.minutesAt(['2027-01-24T10:00:00Z', '2027-02-04T10:00:00Z'], closureId)
  expect(await asks()).toBe(6)
  await silence.minutesAt(['2027-02-18T22:59:59Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await silence.minutesAt(['2027-02-18T23:00:01Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect((await partsOf(leb, issuerId, closureId)).filter((one) => one.startsWith('kept'))).toHaveLength(2)
})

it('asks when the day comes for what came up after the reminders and was never asked for', async () => {
  const { closureId, b } = await twoCards()
  await silence.minutesAt([first_reminder, last_reminder], closureId)
  // As a version left it that asked once for all.
  const part = await partOfCard(closureId, b)
  await run(
    sql`update closure_block set opened_at = ${new Date('2027-01-20T10:00:00Z')} where scope_id = ${part}`,
  )
  const before = await asks()
  await silence.minutesAt([day_is_over], closureId)
  expect((await partsOf(leb, issuerId, closureId)).filter((one) => one.startsWith('kept'))).toEqual([
    'kept waiting 700',
  ])
  expect(await asks()).toBe(before + 1)
  await silence.minutesAt(['2027-01-24T23:00:02Z', '2027-02-04T23:00:02Z', '2027-02-19T23:00:02Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await partsOf(leb, issuerId, closureId)).toContain('kept waiting 300')
})

it('keeps one and asks for the other once, wherever a worker dies and however many there are', async () => {
  const { closureId, b } = await twoCards()
  await silence.minutesAt([first_reminder, last_reminder], closureId)
  const part = await partOfCard(closureId, b)
  await run(
    sql`update closure_block set opened_at = ${new Date('2027-01-20T10:00:00Z')} where scope_id = ${part}`,
  )
  const before = await asks()
  leb.clock.set(new Date(day_is_over))
  let deaths = 0
  for (let blows = 1; ; blows++) {
    const fuse = { reached: 0, blows, blown: false }
    const mortal = withFuse(leb, fuse)
    const sweeps = [keepUnanswered(mortal), keepUnanswered(mortal)]
    for (const end of await Promise.allSettled(sweeps))
      if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(Crash)
    if (!fuse.blown) break
    deaths++
  }
  expect(deaths).toBeGreaterThan(1)
  expect((await partsOf(leb, issuerId, closureId)).filter((one) => one.startsWith('kept'))).toHaveLength(1)
  await silence.minute(closureId)
  expect(await asks()).toBe(before + 1)
  expect(await faults(closureId)).toEqual([])
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('waits for the whole day that was told, wherever it was told', async () => {
  for (const { zone, day, last } of [
    { zone: 'America/Los_Angeles', day: '21 January 2027', last: '2027-01-22T07:59:59Z' },
    { zone: 'Asia/Shanghai', day: '22 January 2027', last: '2027-01-22T15:59:59Z' },
  ]) {
    leb.clock.set(new Date('2026-11-22T10:00:00Z'))
    email = `asked-${nth}-${zone.slice(0, 4)}@example.com`
    const closureId = await closeCard(leb, await seedCard(leb, { ...seeded(), balance: 1230n }), { zone })
    await silence.minutesAt([first_reminder, last_reminder], closureId)
    expect((await silence.mailsTo(email)).at(-1)).toContain(`Name it by ${day}`)
    await silence.minutesAt([last], closureId)
    expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 1230'])
    leb.clock.advance({ seconds: 2 })
    await silence.minute(closureId)
    expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  }
})

it('passes over a closure that can’t be kept or reminded, tells staff, and goes on with it once that is mended', async () => {
  const bad = await closeCard(leb, await seedCard(leb, { ...seeded(), balance: 100n }))
  const { policyVersion } = await view(bad)
  leb.clock.advance({ seconds: 1 })
  const good = await closeCard(leb, await seedCard(leb, { ...seeded(), balance: 200n }))
  const ours = { version: policyVersion, other: 'de-2999-01-01' }

  leb.clock.set(new Date('2026-11-25T10:00:02Z'))
  await pinTo(bad, ours.other)
  await remindHolders(leb)
  expect([await reminders(bad), await reminders(good)]).toEqual([0, 1])
  expect(await faults(bad)).toHaveLength(1)
  expect(await faults(good)).toEqual([])
  await pinTo(bad, ours.version)
  await silence.minute(bad)
  expect([await reminders(bad), await reminders(good)]).toEqual([1, 1])
  expect(await faults(bad)).toEqual([])

  leb.clock.set(new Date('2026-12-06T10:00:02Z'))
  await silence.minute(bad)
  await leb.look(issuerId, good)
  leb.clock.set(new Date(day_is_over))
  await run(sql`update closure set account_wanted_until = account_wanted_until - interval '1 hour'
                 where closure_id = ${bad}`)
  await pinTo(bad, ours.other)
  await keepUnanswered(leb)
  expect(await partsOf(leb, issuerId, good)).toContain('kept waiting 200')
  expect(await partsOf(leb, issuerId, bad)).toEqual(['bank_transfer waiting 100'])
  expect(await faults(bad)).toHaveLength(1)
  await pinTo(bad, ours.version)
  await silence.minute(bad)
  expect(await stateOf(leb, issuerId, bad)).toBe('closed')
  expect(await faults(bad)).toEqual([])
})
