import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { closeCard, partsOf, setMoney, stateOf } from '../../test/payouts.ts'
import { type SeedCard, seedCards } from '../../test/seed.ts'
import { checkBooks } from '../ledger/check.ts'
import { tellStaff } from '../payment/tell-staff.ts'
import { inIssuer } from '../platform/db.ts'
import { keepUnanswered } from './keep-unanswered.ts'
import { readClosure } from './read-closure.ts'
import { remindHolders } from './remind-of-account.ts'
import {
  day_is_over,
  first_reminder,
  last_reminder,
  paidByBank,
  withSilence,
} from './silent-holder.fixture.ts'

/** Reminders that no mail server takes, or takes late: the day counts from when they left, and staff see who was not reached. */
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
  leb.world.sims.mail.control.failures.set(undefined)
  email = `unreached-${++nth}@example.com`
})

async function closedAccount(change: SeedCard = {}) {
  const whose = { issuerId, ...paidByBank, accountRef: `UNREACHED-${nth}`, email, ...change }
  const [card] = await seedCards(leb, [{ ...whose, balance: 1230n }])
  const closureId = await closeCard(leb, card!, { cardIds: 'account' })
  await leb.sendMails(issuerId)
  return { closureId, number: (await view(closureId)).number }
}
const view = async (closureId: string) => (await readClosure(leb, { issuerId, closureId }))!
const mailServer = (is: 'away' | 'back') =>
  leb.world.sims.mail.control.failures.set(is === 'away' ? { mode: 'down', match: email } : undefined)
const why = async (number: string) => (await silence.openAs(number))!.why
const unreached = async (number: string) =>
  (await silence.toldToStaff()).some((one) => one.includes('has not reached') && one.includes(number))
const tell = () => inIssuer(leb.db, issuerId, (tx) => tellStaff(leb, tx, issuerId))
const staffMails = async () =>
  (
    await inIssuer(leb.db, issuerId, (tx) =>
      tx.selectFrom('notice').select('notice_id').where('kind', '=', 'payments_support').execute(),
    )
  ).length

it('gives a reminder up that no mail server takes for two weeks, shows it to staff, and keeps the money at its day', async () => {
  const { closureId, number } = await closedAccount()
  mailServer('away')
  await silence.minutesAt([first_reminder, last_reminder], closureId)
  expect(await why(number)).toContain('no mail server has taken the last reminder so far')
  expect(await unreached(number)).toBe(true)
  await tell()
  expect(await staffMails()).toBe(1)
  leb.clock.set(new Date('2026-12-20T09:59:00Z'))
  await silence.minute(closureId)
  await tell()
  expect(await staffMails()).toBe(1)
  expect(await why(number)).toContain('so far')
  leb.clock.advance({ seconds: 60 })
  await silence.minute(closureId)
  expect(await why(number)).toContain('the last reminder can’t be delivered')
  expect(await why(number)).not.toContain('in vain')
  // It is news once more.
  await tell()
  expect(await staffMails()).toBe(2)
  expect(await unreached(number)).toBe(true)

  await silence.minutesAt(['2027-01-21T22:59:59Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await silence.minutesAt([day_is_over], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect((await partsOf(leb, issuerId, closureId)).at(-1)).toBe('kept waiting 1230')
  expect((await checkBooks(leb)).ok).toBe(true)
  // Nothing asks for an account any more when the mail server is back.
  mailServer('back')
  const mails = await silence.mailsTo(email)
  expect(mails.filter((mail) => /Name it by|Name your account/.test(mail))).toHaveLength(1)
})

it('leaves staff two weeks where it is given up just before the day', async () => {
  const { closureId } = await closedAccount()
  leb.clock.set(new Date(first_reminder))
  await silence.minute(closureId)
  leb.clock.set(new Date('2027-01-10T10:00:00Z'))
  mailServer('away')
  await silence.minute(closureId)
  await silence.minutesAt(['2027-01-24T10:00:00Z'], closureId)
  expect((await view(closureId)).accountWantedUntil).toEqual(new Date('2027-02-07T22:59:59Z'))
  await silence.minutesAt(['2027-02-07T22:59:59Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await silence.minutesAt(['2027-02-07T23:00:01Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('counts the two weeks from when a late reminder has left, and its letter says that day', async () => {
  const { closureId, number } = await closedAccount()
  await silence.minutesAt([first_reminder], closureId)
  // Queued, and the worker stops: it lies there for weeks, and is tried for none.
  leb.clock.set(new Date(last_reminder))
  await remindHolders(leb)
  leb.clock.set(new Date(day_is_over))
  mailServer('away')
  await silence.minute(closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 1230'])
  expect(await why(number)).toContain('so far')
  leb.clock.set(new Date('2027-02-03T10:00:00Z'))
  mailServer('back')
  const last = (await silence.mailsTo(email)).at(-1)!
  expect(last).toContain('This is the last reminder')
  expect(last).toContain('Name it by 17 February 2027')
  expect((await view(closureId)).accountWantedUntil).toEqual(new Date('2027-02-17T22:59:59Z'))
  expect(await why(number)).toContain('reminded twice in vain')
  expect(await unreached(number)).toBe(false)
  await silence.minutesAt(['2027-02-03T10:01:00Z', '2027-02-17T22:59:59Z'], closureId)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['bank_transfer waiting 1230'])
  await silence.minutesAt(['2027-02-17T23:00:01Z'], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
})

it('shows staff before the day whom no mail reaches at all', async () => {
  const { closureId, number } = await closedAccount({ email: null, phone: '+4915112345678' })
  await silence.minutesAt([first_reminder, last_reminder], closureId)
  expect(await why(number)).toContain('the last reminder can’t be delivered: reach them another way')
  expect(await unreached(number)).toBe(true)
  const silent = (await silence.toldToStaff()).filter((one) => one.includes('was reminded twice'))
  expect(silent.join()).not.toContain(number)
  await keepUnanswered(leb)
  expect(await stateOf(leb, issuerId, closureId)).toBe('bank_details_needed')
  await silence.minutesAt([day_is_over], closureId)
  expect(await stateOf(leb, issuerId, closureId)).toBe('closed')
  expect(await unreached(number)).toBe(false)
})
