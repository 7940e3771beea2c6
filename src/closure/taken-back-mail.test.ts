import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closeCard } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type SeedCard } from '../../test/seed.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { inIssuer } from '../platform/db.ts'
import type { Declaration } from './declare.ts'
import { readClosure } from './read-closure.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

const issuerId = 'leb'
const sims = () => leb.world.sims

/** A card that was paid with ¥200.00, and what was left of it given back at its closing. */
async function closed(card: SeedCard, change: Partial<Declaration> = {}) {
  const seeded = await seedCard(leb, { balance: 8_640n, paid: 20_000n, ...card })
  sims().payment.seed([{ id: seeded.paymentRef, amount: 20_000, currency: 'cny' }])
  const closureId = await closeCard(leb, seeded, { zone: 'Asia/Shanghai', ...change })
  const view = (await readClosure(leb, { issuerId, closureId }))!
  expect(view.state).toBe('closed')
  return { ...seeded, closureId, number: view.number }
}

async function dispute(card: { paymentRef: string }, amount: number) {
  leb.clock.advance({ days: 30 })
  const { id } = sims().payment.disputes.open(card.paymentRef, { amount })!
  await lookAtPayment(leb, { issuerId, id })
  return id
}

const notices = (closureId: string) =>
  inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('notice')
      .select(['state', 'last_reason'])
      .where('closure_id', '=', closureId)
      .where('kind', '=', 'taken_back')
      .execute(),
  )

const mailsAbout = async (email: string, subject: RegExp) => {
  const all = await Promise.all(
    sims()
      .mail.messages(email)
      .map(({ raw }) => simpleParser(Buffer.from(raw, 'latin1'))),
  )
  return all.filter((mail) => subject.test(mail.subject ?? ''))
}

it.each([
  {
    locale: 'en',
    subject: 'A payment was taken back: ',
    says: [
      'bank took back CN¥150.00 of what was paid for the 3-day card ending',
      'It has not decided about it yet.',
      'The CN¥86.40 that it paid out stays where it went',
      'write to help@leb.example, name LEB-',
      'appeal@leb.example',
    ],
  },
  {
    locale: 'zh-CN',
    subject: '付款已被银行收回：',
    says: ['的三日卡支付的 ¥150.00', '银行还没有作出决定', '退还的 ¥86.40 保持不变', 'appeal@leb.example'],
  },
] as const)(
  'is sent once, however often the bank is heard of, $locale',
  async ({ locale, subject, says }) => {
    const email = `taken-${locale.toLowerCase()}@example.com`
    const card = await closed({ email }, { locale })
    const id = await dispute(card, 15_000)
    await lookAtPayment(leb, { issuerId, id })
    await leb.sendMails(issuerId)
    sims().payment.disputes.close(id, 'lost')
    await lookAtPayment(leb, { issuerId, id })
    await leb.sendMails(issuerId)
    const mails = await mailsAbout(email, /taken back|收回/)
    expect(mails.map((mail) => mail.subject)).toEqual([`${subject}${card.number}`])
    for (const words of [...says, `/leb/${locale}/closures/${card.number}`]) {
      expect(mails[0]!.text!.replaceAll('\n', ' ')).toContain(words)
      expect(mails[0]!.html).toContain(words)
    }
  },
)

it('says nothing of a card that is open, or still closing', async () => {
  const card = await seedCard(leb, { email: 'open@example.com', balance: 8_640n, paid: 20_000n })
  sims().payment.seed([{ id: card.paymentRef, amount: 20_000, currency: 'cny' }])
  const closureId = await closeCard(leb, card, { start: 'after_undo_window' })
  expect((await readClosure(leb, { issuerId, closureId }))!.state).not.toBe('closed')
  await dispute(card, 5_000)
  expect(await notices(closureId)).toEqual([])
})

it('says nothing any more once the bank has given it back to us', async () => {
  const card = await closed({ email: 'won@example.com' })
  const id = await dispute(card, 5_000)
  sims().payment.disputes.close(id, 'won')
  await lookAtPayment(leb, { issuerId, id })
  await leb.sendMails(issuerId)
  expect(await notices(card.closureId)).toEqual([{ state: 'dropped', last_reason: 'overtaken' }])
  expect(await mailsAbout('won@example.com', /taken back/)).toEqual([])
})

it('goes to nobody who is erased, also while the address for the last mail still lies there', async () => {
  const email = 'gone@example.com'
  sims().mail.control.failures.set({ mode: 'down' })
  const card = await closed({ email, accountRef: 'GONE-1' }, { cardIds: 'account' })
  await dispute(card, 5_000)
  sims().mail.control.failures.set(undefined)
  await leb.sendMails(issuerId)
  await leb.look(issuerId, card.closureId)
  expect((await readClosure(leb, { issuerId, closureId: card.closureId }))!.toldAt).not.toBeNull()
  expect(await notices(card.closureId)).toEqual([{ state: 'dropped', last_reason: 'no_address' }])
  expect(await mailsAbout(email, /^Closed/)).toHaveLength(1)
  expect(await mailsAbout(email, /taken back/)).toEqual([])
})
