import { afterAll, expect, it } from 'vitest'
import { Crash, withFuse } from '../../test/crash/crash-at.ts'
import { books } from '../../test/payouts.ts'
import { checkBooks } from '../ledger/check.ts'
import { listUnmatched } from '../payment/receipts.ts'
import { endToEndId } from '../payout/transfers.ts'
import { openLeases } from '../platform/leases.ts'
import { openBankRefunds } from './bank-refund.fixture.ts'
import { lookAtOrder } from './look-at-order.ts'
import { moneyThatWaits, nameOrderAccount } from './name-account.ts'
import { lastOf, readOrderJournal } from './order-journal.ts'
import type { Placed } from './place-order.ts'

const stage = await openBankRefunds()
const { leb, issuerId, view, look, file, booked, settled, returned, own } = stage
afterAll(stage.close)

const first = 'NL91ABNA0417164300'
const second = 'FR1420041010050500013M02606'
async function name(placed: Placed, iban: string): Promise<void> {
  const waiting = moneyThatWaits(await view(placed))
  await nameOrderAccount(leb, { issuerId, orderId: placed.orderId, waiting, iban, name: 'Li Lei' })
}
const money = () => books(leb, issuerId, 'EUR')
const stepOf = async ({ orderId }: Placed, step: 'refund' | 'tell_refund') =>
  lastOf(await own((tx) => readOrderJournal(tx, issuerId, orderId)), step)?.state
const subjects = async (email: string) => (await stage.mails(email)).map(({ subject }) => subject)
const fileText = async () => (await file())!.bytes.toString()

/** A worker that dies as soon as the refund is done, before it is told. */
async function lookAndDie(placed: Placed): Promise<void> {
  for (let blows = 1; (await stepOf(placed, 'refund')) !== 'done'; blows++) {
    const leases = openLeases(leb.databaseUrl)
    const dying = withFuse(leb, { reached: 0, blows, blown: false })
    const death = lookAtOrder(dying, leases, { issuerId, id: placed.orderId })
    await expect(death).rejects.toBeInstanceOf(Crash)
    await leases.close()
  }
  expect(await stepOf(placed, 'tell_refund')).toBeUndefined()
}

it('tells nobody of money that the bank sent back between the refund and the telling', async () => {
  const before = await money()
  const placed = await stage.undelivered('between@example.com')
  await name(placed, first)
  await file()
  const sent = await booked(placed)
  await settled(sent)
  await lookAndDie(placed)
  expect(await returned(sent)).toBe('settled')
  for (let n = 0; n < 2; n++) await look(placed)
  expect(await view(placed)).toMatchObject({ state: 'refunding', transfer: { account: 'wanted' } })
  const untold = await subjects('between@example.com')
  expect(untold.filter((subject) => subject.includes('could not be delivered'))).toEqual([])
  expect(untold.at(-1)).toContain('Where shall we transfer €16.90?')
  await name(placed, second)
  expect(await fileText()).toContain(second)
  await settled(await booked(placed))
  await look(placed)
  expect((await view(placed)).state).toBe('refunded')
  expect((await subjects('between@example.com')).at(-1)).toContain('could not be delivered')
  expect(await money()).toEqual(before)
  expect(await stage.accountsKept()).toBe(0)
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('says nothing by a mail that was still to be sent when the bank sent the money back', async () => {
  const placed = await stage.undelivered('unsent@example.com')
  await name(placed, first)
  await file()
  const sent = await booked(placed)
  await settled(sent)
  await look(placed)
  expect((await view(placed)).state).toBe('refunded')
  await returned(sent)
  const said = await subjects('unsent@example.com')
  expect(said.filter((subject) => subject.includes('could not be delivered'))).toEqual([])
})

/** An order whose own money and what came besides went to the first account, in one file. */
async function bothSent(email: string) {
  const placed = await stage.place(email)
  await stage.receive(placed, 1_000n)
  await stage.receive(placed)
  leb.world.sims.esim.failures.set({ mode: 'refuse', times: 1 })
  await look(placed)
  leb.world.sims.esim.failures.set(undefined)
  await name(placed, first)
  expect(await file()).toMatchObject({ transfers: 2 })
  const all = await own((tx) => listUnmatched(tx, issuerId))
  const { receiptId } = all.find(({ orderNumber }) => orderNumber === placed.number)!
  const extra = async () => {
    const { part_id: partId } = await own((tx) =>
      tx
        .selectFrom('payout_part')
        .select('part_id')
        .where('receipt_id', '=', receiptId)
        .orderBy('ord', 'desc')
        .executeTakeFirstOrThrow(),
    )
    const at = { currency: 'EUR', bookedOn: '2026-11-24' }
    return { issuerId, endToEndId: endToEndId(partId), amount: 1_000n, ...at }
  }
  return { placed, extra, sent: { own: await booked(placed), extra: await extra() } }
}

it.each(['own', 'extra'] as const)(
  'keeps the account that was named after one transfer had come back (its %s) when another does',
  async (one) => {
    const other = one === 'own' ? 'extra' : 'own'
    const before = await money()
    const email = `${one}@example.com`
    const { placed, extra, sent } = await bothSent(email)
    await returned(sent[one])
    expect(await stage.accountsKept()).toBe(0)
    await look(placed)
    await name(placed, second)
    const asked = (await subjects(email)).filter((subject) => subject.startsWith('Where shall we'))
    await returned(sent[other])
    await look(placed)
    expect(await stage.accountsKept()).toBe(1)
    expect(moneyThatWaits(await view(placed))).toHaveLength(2)
    expect(await view(placed)).toMatchObject({
      transfer: { state: 'waiting', account: 'given' },
      extras: [{ state: 'waiting', account: 'given' }],
    })
    // Nothing is asked once more: what came back goes to the account that was named, and its buyer hears of it.
    const said = await subjects(email)
    expect(said.filter((subject) => subject.startsWith('Where shall we'))).toEqual(asked)
    expect(said.at(-1)).toMatch(/Account noted for €16\.90 \+ €10\.00/)
    const made = await fileText()
    expect(made.split(second)).toHaveLength(3)
    expect(made).not.toContain(first)
    await settled(await booked(placed))
    await settled(await extra())
    await look(placed)
    expect((await view(placed)).state).toBe('refunded')
    expect(await stage.accountsKept()).toBe(0)
    expect(await money()).toEqual(before)
    expect(await checkBooks(leb)).toMatchObject({ ok: true })
  },
)

it('forgets the account when both come back from it, at once too, and asks for one', async () => {
  const { placed, sent } = await bothSent('twice-back@example.com')
  expect(await Promise.all([returned(sent.own), returned(sent.extra)])).toEqual(['settled', 'settled'])
  expect(await stage.accountsKept()).toBe(0)
  expect(await view(placed)).toMatchObject({
    transfer: { account: 'wanted' },
    extras: [{ state: 'waiting', account: 'wanted' }],
  })
  expect(await file()).toBeNull()
  await name(placed, second)
  expect((await fileText()).split(second)).toHaveLength(3)
})
