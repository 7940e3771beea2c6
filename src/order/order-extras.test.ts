import { afterAll, expect, it } from 'vitest'
import { books } from '../../test/payouts.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { checkBooks } from '../ledger/check.ts'
import { listUnmatched } from '../payment/receipts.ts'
import { writeStaffLetter } from '../payment/tell-staff.ts'
import { matchReceipt, noteReturned } from '../payment/unmatched.ts'
import { endToEndId } from '../payout/transfers.ts'
import { erasePersonRows } from '../privacy/erase-person.ts'
import { openBankRefunds, iban } from './bank-refund.fixture.ts'
import { lapseOrders } from './lapse-orders.ts'
import { moneyThatWaits, nameOrderAccount } from './name-account.ts'
import { orderPath } from './order-token.ts'
import type { Placed } from './place-order.ts'

const stage = await openBankRefunds()
const { leb, issuerId, view, look, own } = stage
const portal = await openPortal(leb)
afterAll(async () => {
  await portal.close()
  await stage.close()
})

const money = () => books(leb, issuerId, 'EUR')
const name = async (placed: Placed) => {
  const { orderId } = placed
  const waiting = moneyThatWaits(await view(placed))
  await nameOrderAccount(leb, { issuerId, orderId, waiting, iban, name: 'Li Lei' })
}
async function receiptOf(placed: Placed): Promise<string> {
  const all = await own((tx) => listUnmatched(tx, issuerId))
  return all.find(({ orderNumber }) => orderNumber === placed.number)!.receiptId
}
/** What the bank's statement would say of the newest transfer of a receipt. */
async function booked(receiptId: string) {
  const row = await own((tx) =>
    tx
      .selectFrom('payout_part')
      .select(['part_id', 'amount_minor', 'currency'])
      .where('receipt_id', '=', receiptId)
      .orderBy('ord', 'desc')
      .executeTakeFirstOrThrow(),
  )
  const { amount_minor: amount, currency } = row
  return { issuerId, endToEndId: endToEndId(row.part_id), amount, currency, bookedOn: '2026-11-24' }
}
async function delivered(email: string): Promise<Placed> {
  const placed = await stage.place(email)
  await stage.receive(placed)
  await look(placed)
  expect((await view(placed)).state).toBe('delivered')
  return placed
}

it('sends back what was paid twice, to an account named by the mailed link, and tells its buyer where it is', async () => {
  const placed = await delivered('twice@example.com')
  const before = await money()
  await stage.receive(placed)
  const receiptId = await receiptOf(placed)
  const asked = (await stage.mails('twice@example.com')).at(-1)!
  expect(asked.subject).toContain('Where shall we send €16.90 back?')
  const v = new Visitor(portal.app, leb.config.publicUrl)
  const here = orderPath('en', await view(placed))
  await v.go(here)
  expect(v.text).toContain('€16.90 came by bank transfer when this order was paid already')
  expect(v.text).toContain('Your eSIM is ready')
  const link = await stage.mailedLink('twice@example.com')
  await v.go(link)
  await v.send(link, { iban, name: 'Li Lei' })
  expect(v.text).toContain('It goes back with our next file for the bank')
  expect((await stage.mails('twice@example.com')).at(-1)!.subject).toContain('Account noted for €16.90')
  // From here it is on its way: nobody matches it to another order.
  const other = await stage.place()
  const match = own((tx) => matchReceipt(leb, tx, { issuerId, receiptId, orderNumber: other.number }))
  await expect(match).rejects.toMatchObject({ code: 'payments/receipt_settled' })

  const file = (await stage.file())!
  expect(file).toMatchObject({ transfers: 1 })
  for (const text of [iban, placed.number, '<InstdAmt Ccy="EUR">16.90</InstdAmt>'])
    expect(file.bytes.toString()).toContain(text)
  expect(await stage.file()).toBeNull()
  await v.go(here)
  expect(v.text).toContain('It is with the bank')
  const transfer = await booked(receiptId)
  expect(await stage.settled(transfer)).toBe('settled')
  expect(await stage.settled(transfer)).toBe('known')
  await v.go(here)
  expect(v.text).toContain('It was transferred back to your bank account')
  expect((await stage.mails('twice@example.com')).at(-1)!.subject).toContain('€16.90 sent back')
  expect(await stage.accountsKept()).toBe(0)
  expect(await money()).toEqual(before)
  expect((await view(placed)).state).toBe('delivered')
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('goes with the order’s own money to one account, comes back alone, and is asked for again', async () => {
  const before = await money()
  const placed = await stage.place('both@example.com')
  await stage.receive(placed, 1_000n)
  expect((await view(placed)).state).toBe('awaiting_payment')
  const early = await stage.mailedLink('both@example.com')
  await stage.receive(placed)
  leb.world.sims.esim.failures.set({ mode: 'refuse', times: 1 })
  await look(placed)
  leb.world.sims.esim.failures.set(undefined)
  const receiptId = await receiptOf(placed)
  expect(moneyThatWaits(await view(placed))).toHaveLength(2)
  const link = await stage.mailedLink('both@example.com')
  // More waits now than the first mail's link was for.
  expect(link).not.toBe(early)
  await name(placed)
  expect(await stage.file()).toMatchObject({ transfers: 2 })
  const extra = await booked(receiptId)
  expect(await stage.settled(extra)).toBe('settled')
  expect(await stage.accountsKept()).toBe(1)
  await stage.settled(await stage.booked(placed))
  await look(placed)
  expect((await view(placed)).state).toBe('refunded')
  expect(await stage.accountsKept()).toBe(0)
  expect(await money()).toEqual(before)

  const asks = async () =>
    (await stage.mails('both@example.com')).filter(({ subject }) => subject.includes('send €10.00 back?'))
      .length
  const asked = await asks()
  expect(await stage.returned(extra)).toBe('settled')
  expect(await stage.returned(extra)).toBe('known')
  expect((await money())['refunds_payable']).toBe((before['refunds_payable'] ?? 0n) + 1_000n)
  expect((await view(placed)).extras).toMatchObject([{ state: 'waiting', account: 'wanted' }])
  expect(await asks()).toBe(asked + 1)
  // The guest is known for as long as money of theirs is here.
  leb.clock.advance({ days: 90 })
  await lapseOrders(leb)
  await name(placed)
  expect(await stage.file()).toMatchObject({ transfers: 1 })
  await stage.settled(await booked(receiptId))
  expect(await money()).toEqual(before)
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('is staff’s while nobody has named an account, and theirs to send by hand after', async () => {
  const placed = await delivered('staff@example.com')
  await stage.receive(placed)
  const receiptId = await receiptOf(placed)
  const other = await stage.place()
  // Staff match it, and its buyer names an account, at the same moment: one of the two happens.
  const both = await Promise.allSettled([
    own((tx) => matchReceipt(leb, tx, { issuerId, receiptId, orderNumber: other.number })),
    name(placed),
  ])
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const before = await money()
  await stage.receive(placed, 300n)
  const small = await receiptOf(placed)
  const open = moneyThatWaits(await view(placed))
  expect(open.length).toBeGreaterThanOrEqual(1)
  await name(placed)
  await own((tx) => noteReturned(leb, tx, { issuerId, receiptId: small, reference: 'TRF 5' }))
  const again = own((tx) => noteReturned(leb, tx, { issuerId, receiptId: small, reference: 'TRF 6' }))
  await expect(again).rejects.toMatchObject({ code: 'payments/receipt_settled' })
  const file = await stage.file()
  expect(file?.bytes.toString() ?? '').not.toContain('<InstdAmt Ccy="EUR">3.00</InstdAmt>')
  const owed = (books: Record<string, bigint>) =>
    (books['refunds_payable'] ?? 0n) + (books['unmatched_receipts'] ?? 0n)
  expect(owed(await money())).toBe(owed(before))
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('asks nobody for an account who is erased: it waits for staff', async () => {
  const placed = await stage.place('late@example.com')
  leb.clock.advance({ days: 15 })
  await lapseOrders(leb)
  await stage.receive(placed)
  const order = await view(placed)
  expect(order).toMatchObject({ state: 'lapsed', extras: [{ account: 'gone', reason: 'order_lapsed' }] })
  const waiting = moneyThatWaits(order)
  const named = nameOrderAccount(leb, { issuerId, orderId: placed.orderId, waiting, iban, name: 'Li Lei' })
  await expect(named).rejects.toMatchObject({ code: 'order/person_gone' })
  const receiptId = await receiptOf(placed)
  await own((tx) => noteReturned(leb, tx, { issuerId, receiptId, reference: 'TRF 9' }))
  expect((await view(placed)).extras).toEqual([])
})

it('is told to staff: as a file to make, and as theirs once the person is erased who named the account', async () => {
  const placed = await delivered('gone@example.com')
  await stage.receive(placed)
  await name(placed)
  const issuer = (await findIssuer(leb.db, issuerId))!
  const told = async () => {
    const written = await own((tx) => writeStaffLetter(leb, tx, issuer))
    return written!.letter.paragraphs.join('\n')
  }
  expect(await told()).toContain('leb payout file')
  const before = await told()
  const { holderId } = await view(placed)
  await own((tx) => erasePersonRows(leb, tx, { issuerId, holderId }))
  const after = await told()
  expect(after).not.toBe(before)
  expect(after).toContain('leb payments unmatched')
  const receiptId = await receiptOf(placed)
  expect(await stage.file()).toBeNull()
  await own((tx) => noteReturned(leb, tx, { issuerId, receiptId, reference: 'TRF 11' }))
  expect((await view(placed)).extras).toMatchObject([{ state: 'paid' }])
})
