import { PDF } from '@libpdf/core'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { declareClosure } from './declare.ts'
import { readDocument } from './documents.ts'
import { readClosure } from './read-closure.ts'
import { recordBankTransfer } from './unblock.ts'

/** Money that staff transferred by hand, without an account that was ever named here: `leb paid … --reference X`. */
const issuerId = 'leb'
let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

async function paidByHand(email: string, locale: 'en' | 'zh-CN', reference: string) {
  const card = await seedCard(leb, {
    email,
    locale,
    provider: 'bank',
    currency: 'EUR',
    balance: 1107n,
    paid: 1107n,
  })
  const { closureId, number } = await declareClosure(leb, {
    issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
    start: 'at_once',
    locale,
    zone: 'Asia/Shanghai',
    receivedBy: 'cli',
    identity: 'issuer_decision',
  })
  await leb.look(issuerId, closureId)
  const waiting = (await readClosure(leb, { issuerId, closureId }))!
  expect(waiting.steps.flatMap(({ block }) => block ?? [])).toMatchObject([{ reason: 'bank_details_needed' }])
  await recordBankTransfer(leb, { issuerId, closureId, iccid: card.iccid, reference })
  await leb.look(issuerId, closureId)
  await leb.sendMails(issuerId)
  const view = (await readClosure(leb, { issuerId, closureId }))!
  expect(view).toMatchObject({ state: 'closed', cards: [{ parts: [{ byHand: true, reference }] }] })
  const paper = await inIssuer(leb.db, issuerId, (tx) =>
    readDocument(tx, { issuerId, closureId, kind: 'certificate' }),
  )
  const pages = (await PDF.load(paper!.pdf)).getPages().map((page) => page.extractText().text)
  const mails = await Promise.all(leb.world.sims.mail.messages(email).map(({ raw }) => simpleParser(raw)))
  const last = mails.findLast(({ subject }) => /^(Closed|注销完成)/.test(subject!))!
  return { number, text: pages.join(' ').replace(/\s+/g, ' '), mail: last.text!.replace(/\s+/g, ' ') }
}

it('is told as what it is on certificate, page and last mail, and of no account that was named', async () => {
  const email = 'paid.by.hand@example.com'
  const { number, text, mail } = await paidByHand(email, 'en', 'X1')
  expect(mail).toContain(
    '€11.07 was paid to you by bank transfer on 22 November 2026 (Beijing time), reference X1.',
  )
  expect(mail).not.toMatch(/on its way|should be there/)
  expect(text).toMatch(/by bank transfer, made by our/)
  expect(text).toContain('银行转账（由工作人员办理）')
  expect(text).toContain('(ref. X1)')
  expect(text).not.toMatch(/account you name|您指定的账户/)

  const portal = await openPortal(leb)
  onTestFinished(() => portal.close())
  const holder = await new Visitor(portal.app, leb.config.publicUrl).signIn(leb, issuerId, email)
  const shown = (await holder.go(`/leb/en/closures/${number}`)).html
  expect(shown).toContain('by bank transfer, made by our staff')
  expect(shown).not.toContain('account you name')
})

it('is told so in Chinese', async () => {
  const { mail } = await paidByHand('zhuan.zhang@example.com', 'zh-CN', '回单 88')
  expect(mail).toContain(
    '€11.07 已于 2026 年 11 月 22 日（北京时间）通过银行转账付给您，转账凭证号 回单 88。',
  )
  expect(mail).not.toContain('预计')
})
