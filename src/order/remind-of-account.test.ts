import { afterAll, beforeEach, expect, it } from 'vitest'
import { Crash, withFuse } from '../../test/crash/crash-at.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { checkBooks } from '../ledger/check.ts'
import { listUnmatched } from '../payment/receipts.ts'
import { writeStaffLetter } from '../payment/tell-staff.ts'
import { noteReturned } from '../payment/unmatched.ts'
import { erasePersonRows } from '../privacy/erase-person.ts'
import { iban, openBankRefunds } from './bank-refund.fixture.ts'
import { moneyThatWaits, moneyToName, nameOrderAccount } from './name-account.ts'
import { orderPaidCommand, orderStatusCommand } from './order-commands.ts'
import type { Placed } from './place-order.ts'
import { remindOfAccount } from './remind-of-account.ts'

const stage = await openBankRefunds()
const { leb, issuerId, view, look, own } = stage
afterAll(stage.close)

let nth = 0
let email: string
beforeEach(() => void (email = `forgot-${++nth}@example.com`))

async function name(placed: Placed): Promise<void> {
  const waiting = moneyThatWaits(await view(placed))
  await nameOrderAccount(leb, { issuerId, orderId: placed.orderId, waiting, iban, name: 'Li Lei' })
}
async function sweep(workers = 1): Promise<void> {
  await Promise.all(Array.from({ length: workers }, () => remindOfAccount(leb)))
}
const reminders = async () =>
  (await stage.mails(email)).filter(({ subject }) => /still hold|还在等您/.test(subject))
const staffLetter = async () => {
  const issuer = (await findIssuer(leb.db, issuerId))!
  return (await own((tx) => writeStaffLetter(leb, tx, issuer)))?.letter.paragraphs.join('\n') ?? ''
}
const canName = async (placed: Placed, link: string) =>
  moneyToName(leb, await view(placed), { holderIds: [], key: link.split('/').at(-1) }).then(
    (waiting) => waiting.length,
    () => 0,
  )

it('reminds after three days and after fourteen, each once, with the link, and then it is staff’s', async () => {
  const placed = await stage.undelivered(email)
  leb.clock.advance({ hours: 71 })
  await sweep()
  expect(await reminders()).toEqual([])
  leb.clock.advance({ hours: 1 })
  await sweep(3)
  await sweep()
  const [first, ...more] = await reminders()
  expect(more).toEqual([])
  expect(first!.subject).toBe(`We still hold €16.90 for you. Order ${placed.number}`)
  expect(first!.text).not.toContain('last reminder')
  expect(await canName(placed, await stage.mailedLink(email))).toBe(1)
  leb.clock.advance({ days: 10, hours: 23 })
  await sweep(3)
  expect(await reminders()).toHaveLength(1)
  expect(await staffLetter()).not.toContain(placed.number)
  leb.clock.advance({ hours: 1, seconds: 1 })
  await sweep(3)
  leb.clock.advance({ days: 40 })
  await sweep()
  const last = await reminders()
  expect(last).toHaveLength(2)
  expect(last[1]!.text).toContain('last reminder')
  expect(await staffLetter()).toMatch(new RegExp(`named none: [^.]*${placed.number}`))
  let said = ''
  await orderStatusCommand(leb, { number: placed.number, json: false, out: (text) => void (said += text) })
  expect(said).toContain('asked for an account by mail on 2026-11-22 and reminded for the last time')

  await name(placed)
  expect(await staffLetter()).not.toMatch(new RegExp(`named none: [^.]*${placed.number}`))
  await stage.file()
  await stage.settled(await stage.booked(placed))
  await look(placed)
  expect((await view(placed)).state).toBe('refunded')
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('reminds in the language of the order', async () => {
  const placed = await stage.undelivered(email, 'zh-CN')
  leb.clock.advance({ days: 3 })
  await sweep()
  const [mail] = await reminders()
  expect(mail!.subject).toBe(`€16.90 还在等您填写收款账户，订单 ${placed.number}`)
  expect(mail!.text).toContain('请勿转发')
  expect(mail!.text).toContain('/zh-CN/')
})

it('says once, and as the last time, what nobody was there to say before the fourteenth day', async () => {
  await stage.undelivered(email)
  leb.clock.advance({ days: 20 })
  await sweep()
  await sweep()
  const said = await reminders()
  expect(said).toHaveLength(1)
  expect(said[0]!.text).toContain('last reminder')
})

it('carries a link that works where the one before has ended, for all of the money', async () => {
  const placed = await stage.undelivered(email)
  const ended = await stage.mailedLink(email)
  leb.clock.advance({ days: 1 })
  await stage.receive(placed, 500n)
  expect(await canName(placed, ended)).toBe(0)
  // They were asked anew for more: the days count from there.
  leb.clock.advance({ days: 2 })
  await sweep()
  expect(await reminders()).toEqual([])
  leb.clock.advance({ days: 1 })
  // Staff have sent that: the second link has ended as well.
  const second = await stage.mailedLink(email)
  const all = await own((tx) => listUnmatched(tx, issuerId))
  const { receiptId } = all.find(({ orderNumber }) => orderNumber === placed.number)!
  await own((tx) => noteReturned(leb, tx, { issuerId, receiptId, reference: 'TRF 9' }))
  expect(await canName(placed, second)).toBe(0)
  await sweep()
  expect((await reminders()).map(({ subject }) => subject)).toEqual([
    `We still hold €16.90 for you. Order ${placed.number}`,
  ])
  expect(await canName(placed, await stage.mailedLink(email))).toBe(1)
})

it('reminds of money that came besides, and of nothing else of that order', async () => {
  const placed = await stage.place(email)
  await stage.receive(placed)
  await look(placed)
  await stage.receive(placed, 700n)
  leb.clock.advance({ days: 3 })
  await sweep()
  expect((await reminders()).map(({ subject }) => subject)).toEqual([
    `We still hold €7.00 for you. Order ${placed.number}`,
  ])
  await name(placed)
  leb.clock.advance({ days: 14 })
  await sweep()
  expect(await reminders()).toHaveLength(1)
})

it.each(['named', 'paid', 'erased', 'sent'] as const)(
  'reminds nobody once it is %s, also not by a mail that waits already',
  async (end) => {
    const placed = await stage.undelivered(email)
    leb.clock.advance({ days: 3 })
    await sweep()
    if (end === 'named' || end === 'sent') await name(placed)
    if (end === 'sent') await stage.file()
    const paid = { number: placed.number, reference: 'T 3', json: false, out: () => undefined }
    if (end === 'paid') await orderPaidCommand(leb, paid)
    const { holderId } = await view(placed)
    if (end === 'erased') await own((tx) => erasePersonRows(leb, tx, { issuerId, holderId }))
    expect(await reminders()).toEqual([])
    leb.clock.advance({ days: 12 })
    await sweep()
    expect(await reminders()).toEqual([])
    const kinds = await own((tx) =>
      tx.selectFrom('notice').select('kind').where('order_id', '=', placed.orderId).execute(),
    )
    expect(kinds.filter(({ kind }) => kind === 'order_account_reminder')).toHaveLength(1)
  },
)

it('shows staff whom nobody reminds: who was asked before that was noted', async () => {
  const placed = await stage.undelivered(email)
  await own((tx) =>
    tx
      .updateTable('purchase_order')
      .set({ bank_asked_at: null })
      .where('order_id', '=', placed.orderId)
      .execute(),
  )
  leb.clock.advance({ days: 13 })
  expect(await staffLetter()).not.toContain(placed.number)
  leb.clock.advance({ days: 2 })
  expect(await staffLetter()).toContain(placed.number)
})

it('counts anew from the day on which the bank sent the money back', async () => {
  const placed = await stage.undelivered(email)
  await name(placed)
  await stage.file()
  const sent = await stage.booked(placed)
  leb.clock.advance({ days: 4 })
  await sweep()
  await stage.returned(sent)
  await look(placed)
  leb.clock.advance({ days: 2 })
  await sweep()
  expect(await reminders()).toEqual([])
  leb.clock.advance({ days: 1 })
  await sweep()
  expect(await reminders()).toHaveLength(1)
})

it('is said once when a worker dies after any commit, or another has the order in hand', async () => {
  const placed = await stage.undelivered(email)
  leb.clock.advance({ days: 3 })
  for (let blows = 1; ; blows++) {
    const fuse = { reached: 0, blows, blown: false }
    await remindOfAccount(withFuse(leb, fuse)).catch((error: unknown) => expect(error).toBeInstanceOf(Crash))
    if (!fuse.blown) break
  }
  expect(await reminders()).toHaveLength(1)
  leb.clock.advance({ days: 11 })
  // Its buyer names an account at this moment: nobody waits for them, and they are not reminded.
  await Promise.all([name(placed), sweep(2), sweep(2)])
  await sweep()
  expect(await reminders()).toHaveLength(1)
})
