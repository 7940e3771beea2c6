import { afterAll, expect, it } from 'vitest'
import { books } from '../../test/payouts.ts'
import { checkBooks } from '../ledger/check.ts'
import { openLeases } from '../platform/leases.ts'
import { erasePersonRows } from '../privacy/erase-person.ts'
import { iban, openBankRefunds } from './bank-refund.fixture.ts'
import { lapseOrders } from './lapse-orders.ts'
import { lookAtOrder } from './look-at-order.ts'
import { moneyThatWaits, moneyToName, nameOrderAccount } from './name-account.ts'
import { orderPaidCommand, orderStatusCommand } from './order-commands.ts'
import { accountKey } from './order-token.ts'
import type { Placed } from './place-order.ts'

const stage = await openBankRefunds()
const { leb, issuerId, view, look, file, booked, settled, returned } = stage
afterAll(stage.close)

async function name(placed: Placed, change: { iban?: string; name?: string } = {}): Promise<void> {
  const { orderId } = placed
  await nameOrderAccount(leb, {
    issuerId,
    orderId,
    waiting: moneyThatWaits(await view(placed)),
    iban,
    name: 'Jürgen Groß',
    ...change,
  })
}
const money = () => books(leb, issuerId, 'EUR')
const status = async (placed: Placed) => {
  let said = ''
  await orderStatusCommand(leb, { number: placed.number, json: false, out: (text) => void (said += text) })
  return said
}

it('asks for an account by mail, sends the money with the next file, hears the bank, and forgets the account', async () => {
  const before = await money()
  const placed = await stage.undelivered('buyer@example.com')
  expect(await view(placed)).toMatchObject({
    state: 'refunding',
    transfer: { state: 'waiting', account: 'wanted' },
  })
  const asked = (await stage.mails('buyer@example.com')).at(-1)!
  expect(asked.subject).toContain('Where shall we transfer €16.90?')
  expect(await file()).toBeNull()
  expect(await status(placed)).toContain('waits for its buyer')

  await expect(name(placed, { iban: 'DE88370400440532013000' })).rejects.toMatchObject({
    code: 'payout/iban_digits',
  })
  await expect(name(placed, { name: '李磊' })).rejects.toMatchObject({ code: 'payout/name_not_latin' })
  await name(placed, { iban: 'FR1420041010050500013M02606' })
  // Named again before the file: the last one counts, and there is one account.
  await name(placed)
  expect(await stage.accountsKept()).toBe(1)
  expect((await view(placed)).transfer).toMatchObject({ state: 'waiting', account: 'given' })
  const noted = (await stage.mails('buyer@example.com')).at(-1)!
  expect(noted.subject).toContain('Account noted for €16.90')
  expect(noted.text).not.toMatch(/DE89|0532/)
  expect(await status(placed)).toContain('leb payout file')

  const made = (await file())!
  expect(made).toMatchObject({ transfers: 1, left: 0 })
  const xml = made.bytes.toString()
  const transfer = await booked(placed)
  const said = [
    transfer.endToEndId,
    iban,
    'Jurgen Gross',
    placed.number,
    '<InstdAmt Ccy="EUR">16.90</InstdAmt>',
  ]
  for (const text of said) expect(xml).toContain(text)
  expect(await file()).toBeNull()
  await look(placed)
  expect(await view(placed)).toMatchObject({ state: 'refunding', transfer: { state: 'sent' } })
  expect(await status(placed)).toContain('with the bank')
  await expect(name(placed)).rejects.toMatchObject({ code: 'order/no_transfer_waits' })

  expect(await settled({ ...transfer, amount: 1n })).toBe('differs')
  expect(await settled(transfer)).toBe('settled')
  expect(await settled(transfer)).toBe('known')
  expect(await stage.accountsKept()).toBe(0)
  await look(placed)
  expect(await view(placed)).toMatchObject({ state: 'refunded', transfer: { state: 'paid' } })
  expect((await stage.mails('buyer@example.com')).at(-1)!.text).toContain(
    '€16.90 was transferred to your bank',
  )
  expect(await money()).toEqual(before)
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
  await expect(orderPaidCommand(leb, { number: placed.number, reference: 'T', json: false })).rejects.toThrow(
    /waits for no transfer/,
  )
})

it('stands in one file, however many are made at once and while workers look', async () => {
  const placed = [await stage.undelivered(), await stage.undelivered(), await stage.undelivered()]
  for (const one of placed) await name(one)
  const other = openLeases(leb.databaseUrl)
  const looks = placed.map(({ orderId: id }) => lookAtOrder(leb, other, { issuerId, id }))
  const [files] = await Promise.all([Promise.all(Array.from({ length: 5 }, () => file())), ...looks])
  await other.close()
  const made = files.filter((one) => one !== null)
  expect(made.reduce((sum, one) => sum + one.transfers, 0)).toBe(3)
  const all = made.map((one) => one.bytes.toString()).join('')
  for (const one of placed) {
    const { endToEndId } = await booked(one)
    expect(all.split(`<EndToEndId>${endToEndId}</EndToEndId>`)).toHaveLength(2)
    await settled(await booked(one))
  }
})

it('is told once when the bank and staff say at once that it is paid', async () => {
  const placed = await stage.undelivered()
  await name(placed)
  await file()
  const before = await money()
  const transfer = await booked(placed)
  const paid = { number: placed.number, reference: 'T 3', json: false, out: () => undefined }
  const said = await Promise.allSettled([settled(transfer), orderPaidCommand(leb, paid), settled(transfer)])
  expect(said.filter((one) => one.status === 'rejected').length).toBeLessThanOrEqual(1)
  await look(placed)
  expect((await view(placed)).state).toBe('refunded')
  const after = await money()
  expect((after['cash_at_bank'] ?? 0n) - (before['cash_at_bank'] ?? 0n)).toBe(1_690n)
})

it('asks for another account when the bank sends the money back, also after the end, and ends again', async () => {
  const placed = await stage.undelivered('bounced@example.com')
  const link = await stage.mailedLink('bounced@example.com')
  await name(placed)
  await file()
  const first = await booked(placed)
  await settled(first)
  await look(placed)
  expect((await view(placed)).state).toBe('refunded')
  await stage.mails('bounced@example.com')
  const paid = await money()
  expect(await returned(first)).toBe('settled')
  expect(await returned(first)).toBe('known')
  expect((await money())['refunds_payable']).toBe((paid['refunds_payable'] ?? 0n) + 1_690n)
  expect(await view(placed)).toMatchObject({
    state: 'refunding',
    transfer: { state: 'waiting', account: 'wanted' },
  })
  await look(placed)
  const again = await stage.mailedLink('bounced@example.com')
  expect(again).not.toBe(link)
  // The first mail's link was for the first transfer.
  const by = (address: string) => ({ holderIds: [], key: address.split('/').at(-1) })
  await expect(moneyToName(leb, await view(placed), by(link))).rejects.toMatchObject({
    code: 'order/account_link_needed',
  })
  await moneyToName(leb, await view(placed), by(again))
  await name(placed, { iban: 'FR1420041010050500013M02606' })
  expect((await file())!.bytes.toString()).toContain('FR1420041010050500013M02606')
  await settled(await booked(placed))
  await look(placed)
  expect((await view(placed)).state).toBe('refunded')
  expect(await money()).toEqual(paid)
  expect(await stage.accountsKept()).toBe(0)
  const subjects = (await stage.mails('bounced@example.com')).map(({ subject }) => subject)
  expect(subjects.filter((subject) => subject.includes('could not be delivered'))).toHaveLength(2)
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('waits for the next file when the bank sends it back before it had booked it', async () => {
  const placed = await stage.undelivered()
  await name(placed)
  await file()
  expect(await returned(await booked(placed))).toBe('settled')
  expect(await view(placed)).toMatchObject({
    state: 'refunding',
    transfer: { state: 'waiting', account: 'wanted' },
  })
  await look(placed)
  await name(placed)
  await file()
  await settled(await booked(placed))
  await look(placed)
  expect((await view(placed)).state).toBe('refunded')
})

it('lets nobody name an account who only has the order’s page, or the link of another order', async () => {
  const [mine, other] = [await stage.undelivered(), await stage.undelivered()]
  const key = accountKey(await leb.keys.vault(issuerId), moneyThatWaits(await view(other)))
  const order = await view(mine)
  for (const by of [
    { holderIds: [], key: undefined },
    { holderIds: [], key },
    { holderIds: [(await view(other)).holderId], key: undefined },
    { holderIds: [], key: order.token },
  ])
    await expect(moneyToName(leb, order, by)).rejects.toMatchObject({ code: 'order/account_link_needed' })
  expect(await moneyToName(leb, order, { holderIds: [order.holderId], key: undefined })).toEqual([
    order.transfer!.partId,
  ])
  // Whoever was let in for one transfer names no account for what has taken its place.
  const late = nameOrderAccount(leb, {
    issuerId,
    orderId: mine.orderId,
    waiting: [leb.ids.next()],
    iban,
    name: 'Eve',
  })
  await expect(late).rejects.toMatchObject({ code: 'order/no_transfer_waits' })
})

it('keeps a guest until the money is there, and no account of somebody who is erased', async () => {
  const placed = await stage.undelivered()
  leb.clock.advance({ days: 90 })
  await lapseOrders(leb)
  expect((await view(placed)).transfer!.account).toBe('wanted')
  await name(placed)
  const { holderId } = await view(placed)
  await stage.own((tx) => erasePersonRows(leb, tx, { issuerId, holderId }))
  expect((await view(placed)).transfer!.account).toBe('gone')
  expect(await file()).toBeNull()
  await expect(name(placed)).rejects.toMatchObject({ code: 'order/person_gone' })
  expect(await status(placed)).toContain('erased')
})
