import { PDF } from '@libpdf/core'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { closeCard, partsOf, setMoney } from '../../test/payouts.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCards } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { certificateContent, slipContent } from '../slip/content.ts'
import { attachmentName } from '../slip/document-marks.ts'
import { previewClosure } from './preview.ts'
import { readDocument } from './documents.ts'
import { keepUnanswered } from './keep-unanswered.ts'
import { proveIdentity } from './prove-identity.ts'
import { readClosure } from './read-closure.ts'
import { remindHolders } from './remind-of-account.ts'
import { recordBankTransfer } from './unblock.ts'

/** Whatever a holder reads tells before it that money will be kept, and after it that it is theirs and how it is had. */
const issuerId = 'roamly'
let leb: Outside
let portal: Awaited<ReturnType<typeof openPortal>>
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  await setMoney(leb, issuerId, {})
  portal = await openPortal(leb)
})
afterAll(async () => {
  await portal.close()
  await leb.stop()
})

let nth = 0
let email: string
beforeEach(() => {
  leb.clock.set(new Date('2026-11-22T10:00:00Z'))
  email = `told-${++nth}@example.com`
})

type Locale = 'en' | 'zh-CN'
async function declared(covers: 'card' | 'account', locale: Locale = 'en') {
  const whose = { issuerId, currency: 'EUR', residence: 'DE', email, accountRef: `TOLD-${nth}` }
  const [card] = await seedCards(leb, [{ ...whose, balance: 1230n, provider: 'bank' }])
  const closureId = await closeCard(leb, card!, {
    locale,
    ...(covers === 'account' && { cardIds: 'account' }),
  })
  return { card: card!, closureId }
}
async function at(moment: string, closureId: string): Promise<void> {
  leb.clock.set(new Date(moment))
  await remindHolders(leb)
  await leb.sendMails(issuerId)
  await keepUnanswered(leb)
  await leb.look(issuerId, closureId)
  await leb.sendMails(issuerId)
  await leb.look(issuerId, closureId)
}
async function silent(closureId: string): Promise<void> {
  for (const moment of ['2026-11-25T10:00:00Z', '2026-12-06T10:00:00Z', '2027-01-21T23:00:00Z'])
    await at(moment, closureId)
}
async function mails(): Promise<string[]> {
  await leb.sendMails(issuerId)
  const read = leb.world.sims.mail.messages(email).map(async ({ raw }) => {
    const { subject = '', text = '' } = await simpleParser(raw)
    return `${subject}\n${text}`.replace(/\s+/g, ' ')
  })
  return Promise.all(read)
}
/** The paper as it is sealed, and what stands in it. */
async function paperOf(closureId: string, kind: 'slip' | 'certificate') {
  const { pdf } = (await inIssuer(leb.db, issuerId, (tx) => readDocument(tx, { issuerId, closureId, kind })))!
  const jws = Buffer.from((await PDF.load(pdf)).getAttachment(attachmentName(kind))!).toString()
  const said: unknown = JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString())
  return { pdf, said }
}
async function certificateOf(closureId: string) {
  const { pdf, said } = await paperOf(closureId, 'certificate')
  return { pdf, said: certificateContent.parse(said) }
}
const printed = async (pdf: Uint8Array) =>
  (await PDF.load(pdf))
    .getPages()
    .map((page) => page.extractText().text)
    .join(' ')
    .replace(/\s+/g, ' ')

it('tells the day before the declaration, on the slip, and in every mail that asks for an account', async () => {
  const { card, closureId } = await declared('account')
  const day = '21 January 2027'
  const preview = await previewClosure(leb, {
    issuerId,
    accountId: card.accountId,
    cardIds: [card.cardId],
    act: 'terminate',
  })
  expect(preview.accountWantedUntil).toEqual(new Date('2027-01-21T22:59:59Z'))
  const { pdf, said } = await paperOf(closureId, 'slip')
  const told = slipContent.parse(said).ifNoAccountNamed!
  expect(told.en).toContain(`If none is named by ${day}`)
  expect(told.en).toContain('claimed with this slip at least until 31 December 2030')
  expect(told.zh).toContain('到 2027 年 1 月 21 日（中欧时间）仍未填写的，注销照常完成')
  expect(await printed(pdf)).toContain('For money that goes by bank transfer')
  await silent(closureId)
  const asking = (await mails()).filter((mail) => /Where shall we transfer|We still hold/.test(mail))
  expect(asking).toHaveLength(3)
  for (const mail of asking) {
    expect(mail).toContain(`Name it by ${day}`)
    expect(mail).toContain('your personal data is erased. The money is not lost')
    expect(mail).toContain('at least until 31 December 2030')
  }
})

it('says in the last mail, on certificate, verify page and statement that it is owed, and how it is had', async () => {
  const { closureId } = await declared('account')
  await silent(closureId)
  const last = (await mails()).at(-1)!
  expect(last).toContain('€12.30 could not be transferred, because no bank account was named. It is not lost')
  expect(last).toContain('at least until 31 December 2030')
  expect(last).toContain('answer this mail with your slip or the certificate')
  expect(last).toContain('your personal data is erased')
  for (const wrong of ['too little', 'on its way', 'There was no balance']) expect(last).not.toContain(wrong)

  const { pdf, said } = await certificateOf(closureId)
  const { payout } = said.cards[0]!
  expect(payout).toMatchObject({ amount: { amount: '1230', currency: 'EUR' }, kept: true })
  expect(payout!.route.en).toContain('it stays yours, and is paid when you write to')
  expect(payout!.route.en).not.toContain("closure's page")
  expect(payout!.route.zh).toContain('至少到 2030 年 12 月 31 日')
  const paper = await printed(pdf)
  expect(paper).toContain('Kept for you')
  expect(paper).not.toContain('Paid back')

  const token = said.verifyUrl.split('/').at(-1)!
  const anyone = new Visitor(portal.app, 'http://127.0.0.1:8460')
  await anyone.go(`/v/${token}?lang=en`)
  expect(anyone.text).toContain('Still owed to its holder')
  expect(anyone.text).toMatch(
    /€12\.30, kept because no bank account was named\. Paid to its holder, who writes to/,
  )
  await anyone.go(`/v/${token}?lang=zh-CN`)
  expect(anyone.text).toContain('凭本文件写信到')

  const lines = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('invoice')
      .select('content')
      .where('kind', '=', 'closing_statement')
      .where('closure_id', '=', closureId)
      .execute(),
  )
  expect(JSON.stringify(lines)).toContain('Kept for you, as no account was named')
})

it('names the certificate alone where a stranger may have the slip: it was declared without signing in', async () => {
  const whose = { issuerId, currency: 'EUR', residence: 'DE', email, accountRef: `TOLD-${nth}` }
  const [card] = await seedCards(leb, [{ ...whose, balance: 1230n, provider: 'bank' }])
  const unsigned = { receivedBy: 'portal', identity: 'not_signed_in' } as const
  const closureId = await closeCard(leb, card!, { ...unsigned, cardIds: 'account' })
  await proveIdentity(leb, { issuerId, closureId, code: await leb.codeOf(issuerId, closureId) })
  await leb.look(issuerId, closureId)
  await silent(closureId)
  const all = await mails()
  const asking = all.filter((mail) => /Where shall we transfer|We still hold/.test(mail))
  expect(asking).toHaveLength(3)
  for (const mail of asking)
    expect(mail).toContain('paid when you ask for it with your certificate, at least')
  expect(all.at(-1)).toContain('answer this mail with the certificate, but')
  const { payout } = (await certificateOf(closureId)).said.cards[0]!
  expect(payout!.route.en).toMatch(/write to \S+ with this certificate, at least/)
  expect(payout!.route.zh).toContain('凭本证明写信到')
})

it('says of two cards what was sent and what is kept', async () => {
  const whose = { issuerId, currency: 'EUR', residence: 'DE', email, accountRef: `TOLD-${nth}` }
  const cards = await seedCards(
    leb,
    [700n, 300n].map((balance) => ({ ...whose, balance, provider: 'bank' as const })),
  )
  const closureId = await closeCard(leb, cards[0]!, { cardIds: cards.map(({ cardId }) => cardId) })
  const { iccid } = cards[1]!
  await recordBankTransfer(leb, { issuerId, closureId, iccid, reference: 'B-1' })
  await silent(closureId)
  const { number } = (await readClosure(leb, { issuerId, closureId }))!
  const v = await new Visitor(portal.app, 'http://127.0.0.1:8460').signIn(leb, issuerId, email)
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.text).toContain('Money sent; what no account was named for is kept for you and stays yours')
})

it('says it in Chinese as well', async () => {
  const { closureId } = await declared('account', 'zh-CN')
  await silent(closureId)
  const all = await mails()
  const asking = all.filter((mail) => /请告诉我们收款账户|您还有一笔钱/.test(mail))
  expect(asking).toHaveLength(3)
  for (const mail of asking) {
    expect(mail).toContain('最迟请在 2027 年 1 月 21 日')
    expect(mail).toContain('您的个人信息届时删除')
  }
  const last = all.at(-1)!
  expect(last).toContain('€12.30 因为一直没有填写收款账户，未能汇出。这笔钱没有作废')
  expect(last).toContain('至少到 2030 年 12 月 31 日')
  expect(last).toContain('附上注销确认单或完成证明')
  expect(last).not.toContain('金额太小')
})

it('shows whose account stays open that it waits, then that it is kept, and leads from there to the account', async () => {
  const { closureId } = await declared('card')
  const { number } = (await readClosure(leb, { issuerId, closureId }))!
  const v = await new Visitor(portal.app, 'http://127.0.0.1:8460').signIn(leb, issuerId, email)
  await v.go(`/roamly/en/closures/${number}`)
  expect(v.text).toContain('If none is named by 21 January 2027')
  await silent(closureId)
  expect((await mails()).at(-1)).toContain("ask for it on the closure's page and name an account")
  const { payout } = (await certificateOf(closureId)).said.cards[0]!
  expect(payout!.route.en).toContain("ask for it on the closure's page or write to")

  const later = await new Visitor(portal.app, 'http://127.0.0.1:8460').signIn(leb, issuerId, email)
  await later.go(`/roamly/zh-CN/closures/${number}`)
  expect(later.text).toContain('€12.30 因为一直没有填写收款账户，未能汇出。钱没有作废')
  await later.go(`/roamly/en/closures/${number}`)
  expect(later.text).toContain('No account was named: the money is kept for you')
  expect(later.text).toContain('It is not lost: we keep it for you')
  for (const wrong of ['too little', 'could not go back this way', 'Money sent'])
    expect(later.text.toLowerCase()).not.toContain(wrong.toLowerCase())
  await later.send('/claim')
  expect(later.address).toBe(`/roamly/en/closures/${number}/bank-account`)
  await later.send('/bank-account', { iban: 'DE89370400440532013000', name: 'Li Lei' })
  await leb.look(issuerId, closureId)
  await later.go(`/roamly/en/closures/${number}`)
  expect(later.text).toContain('Your account is noted')
  expect(await partsOf(leb, issuerId, closureId)).toEqual([
    'bank_transfer refused 1230 no_account_named',
    'kept refused 1230 claimed',
    'bank_transfer waiting 1230',
  ])
})
