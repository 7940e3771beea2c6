import { PDF } from '@libpdf/core'
import { simpleParser } from 'mailparser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { openShop, type Shop } from '../../test/orders.ts'
import { seedCard } from '../../test/seed.ts'
import { declareClosure } from '../closure/declare.ts'
import { proveIdentity } from '../closure/prove-identity.ts'
import { readClosure } from '../closure/read-closure.ts'
import { putIssuer } from '../issuer/issuer.ts'
import { inIssuer } from '../platform/db.ts'
import { ciiXml } from './cii.ts'
import { type ClosedCard, statementLines } from './closing-papers.ts'
import { invoicesLinkCommand } from './invoices-command.ts'
import { paperPdf, paperXml } from './paper-file.ts'
import { papersByToken } from './papers-link.ts'
import { invoiceContent, type InvoiceContent } from './content.ts'
import { listPapers } from './read-papers.ts'

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

type Closing = { issuerId: string; accountId: string; cardIds: string[] | 'account' }
const close = async (of: Closing): Promise<string> => {
  const { closureId } = await declareClosure(leb, {
    ...of,
    act: 'terminate',
    start: 'at_once',
    locale: 'zh-CN',
    zone: 'Asia/Shanghai',
    receivedBy: 'portal',
    identity: 'signed_in',
  })
  await leb.sendMails(of.issuerId)
  const code = await leb.codeOf(of.issuerId, closureId)
  await proveIdentity(leb, { issuerId: of.issuerId, closureId, code })
  await leb.look(of.issuerId, closureId)
  await leb.sendMails(of.issuerId)
  await leb.look(of.issuerId, closureId)
  const view = await readClosure(leb, { issuerId: of.issuerId, closureId })
  expect(view!.state).toBe('closed')
  return closureId
}
const papersOf = async (issuerId: string, closureId: string): Promise<InvoiceContent[]> => {
  const rows = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('invoice')
      .select('content')
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .orderBy('kind')
      .orderBy('number')
      .execute(),
  )
  return rows.map((row) => invoiceContent.parse(row.content))
}
const gross = (content: InvoiceContent) => content.lines.map((line) => [line.text.en, line.gross])

describe('the papers of a closing', () => {
  it('are a statement that ends at 0 for an imported card, numbered by its closure', async () => {
    const card = await seedCard(leb, { balance: 8640n })
    const closureId = await close({ issuerId: 'leb', accountId: card.accountId, cardIds: [card.cardId] })
    const papers = await papersOf('leb', closureId)
    expect(papers.map((paper) => paper.kind)).toEqual(['closing_statement'])
    expect(papers[0]!.number).toBe(`${papers[0]!.closureNumber}-S1`)
    expect(gross(papers[0]!)).toEqual([
      ['Balance taken over from the old system', '8640'],
      ['Back the way it was paid', '-8640'],
    ])
    expect(papers[0]!.totals.gross).toBe('0')
  })

  it('are data as well: the statement is in its PDF as EN 16931, which declares no tax', async () => {
    const card = await seedCard(leb, { balance: 1250n })
    const closureId = await close({ issuerId: 'leb', accountId: card.accountId, cardIds: [card.cardId] })
    const { accountRef } = (await papersOf('leb', closureId))[0]!.buyer
    const listed = await inIssuer(leb.db, 'leb', (tx) =>
      listPapers(tx, { issuerId: 'leb', accountRefs: [accountRef] }),
    )
    const paper = listed.find((one) => one.kind === 'closing_statement')!
    expect(paper.hasXml).toBe(true)
    const { bytes: xml } = await paperXml(leb, { issuerId: 'leb', paper })
    expect(xml.toString()).toContain(`<ram:ID>${paper.number}</ram:ID><ram:TypeCode>751</ram:TypeCode>`)
    const { bytes: pdf } = await paperPdf(leb, { issuerId: 'leb', paper })
    const read = await PDF.load(pdf)
    expect([...read.getAttachments().keys()]).toEqual(['factur-x.xml'])
    expect(Buffer.from(read.getAttachment('factur-x.xml')!).equals(xml)).toBe(true)
    expect(read.getPages()[0]!.extractText().text).toContain('type 751')
  })

  it('credit the tax of an unused share over the invoice that it was paid by', async () => {
    const roamly = leb.issuers.find((one) => one.issuerId === 'roamly')!
    const money = { ...roamly.rules.money, unused_plan: 'by_day' as const }
    await putIssuer(leb.db, { ...roamly, rules: { ...roamly.rules, money } }, leb.clock.now())
    const wanted = { kind: 'card' as const, code: 'LEB3', zone: 'JP', currency: 'EUR' }
    const placed = await shop.buy({ issuerId: 'roamly', live: 'DE', wanted })
    const order = await inIssuer(leb.db, 'roamly', (tx) =>
      tx
        .selectFrom('purchase_order')
        .select(['account_id', 'card_id', 'gross_minor', 'state'])
        .where('order_id', '=', placed.orderId)
        .executeTakeFirstOrThrow(),
    )
    expect(order.state).toBe('delivered')
    const closureId = await close({
      issuerId: 'roamly',
      accountId: order.account_id!,
      cardIds: [order.card_id!],
    })
    const [statement, credit] = await papersOf('roamly', closureId)
    expect(credit!.kind).toBe('credit_note')
    const [invoice] = await inIssuer(leb.db, 'roamly', (tx) =>
      tx
        .selectFrom('invoice')
        .select(['number', 'content'])
        .where('order_id', '=', placed.orderId)
        .where('kind', '=', 'invoice')
        .execute(),
    )
    expect(credit!.corrects!.number).toBe(invoice!.number)
    expect(credit!.taxes.map((tax) => tax.rateBp)).toEqual([1900])
    // The card was never used: everything of the plan goes back, and all of its tax with it.
    const sold = invoiceContent.parse(invoice!.content)
    expect(credit!.totals.tax).toBe(sold.totals.tax)
    const back = gross(statement!).at(-1)!
    expect(back[1]).toBe(`-${order.gross_minor}`)
    expect(statement!.totals.gross).toBe('0')
    // The tax is taken back once: the statement says the same money and none of its tax.
    expect(ciiXml(statement!)).not.toContain('<ram:CategoryCode>S<')
    expect(ciiXml(statement!)).toContain('<ram:CalculatedAmount>0.00<')
    expect(ciiXml(credit!)).toContain('<ram:CategoryCode>S<')
  })

  it('are within reach by the last mail of an account that was closed whole', async () => {
    const card = await seedCard(leb, { email: 'leaving@example.com', accountRef: 'LEAVING-1' })
    const closureId = await close({ issuerId: 'leb', accountId: card.accountId, cardIds: 'account' })
    const mails = leb.world.sims.mail.messages('leaving@example.com')
    const { text = '' } = await simpleParser(mails.at(-1)!.raw)
    const url = /https?:\/\/\S+\/p\/[\w-]{22}/.exec(text)
    expect(url).not.toBeNull()
    // The progress page would ask to sign in, and nobody can any more.
    expect(text).not.toContain('/closures/')
    const linked = await papersByToken(leb, url![0].slice(-22))
    expect(linked.papers.map((paper) => paper.kind)).toEqual(['closing_statement'])
    expect(JSON.stringify(linked)).not.toMatch(/leaving@|李磊/)
    // Staff can say it again; of a card alone there is none, for its holder still signs in.
    let said = ''
    const [{ closureNumber }] = (await papersOf('leb', closureId)) as [InvoiceContent]
    await invoicesLinkCommand(leb, {
      closure: closureNumber!,
      json: false,
      out: (text) => void (said += text),
    })
    expect(said).toContain(url![0])
    const only = await seedCard(leb, {})
    const other = await close({ issuerId: 'leb', accountId: only.accountId, cardIds: [only.cardId] })
    const [statement] = (await papersOf('leb', other)) as [InvoiceContent]
    const link = invoicesLinkCommand(leb, { closure: statement.closureNumber!, json: false })
    await expect(link).rejects.toThrow(/signs in/)
  })
})

describe('a statement', () => {
  const card = (over: Partial<ClosedCard>): ClosedCard => ({
    cardId: 'c',
    iccid: '8999901000000000001',
    plan: 'LEB3',
    currency: 'CNY',
    settlement: null,
    parts: [],
    ...over,
  })
  const part = (route: ClosedCard['parts'][number]['route'], amount: bigint, state = 'paid') =>
    ({ route, amount, state }) as ClosedCard['parts'][number]

  it('says what came in, was used and lapsed, the unused share, the fee, and each way back', () => {
    const lines = statementLines(
      card({
        settlement: {
          lines: [
            { kind: 'balance', amount: '500' },
            { kind: 'unused', amount: '300', tax: '48', code: 'LEB3' },
            { kind: 'closing_fee', amount: '-50' },
          ],
          total: '750',
          orders: [],
        },
        parts: [part('original_payment', 700n), part('bank_transfer', 9n, 'refused'), part('voucher', 50n)],
      }),
      [
        { reason: 'top_up', amount: 1000n },
        { reason: 'usage', amount: -400n },
        { reason: 'lapse', amount: -100n },
        { reason: 'closure_settlement', amount: -500n },
      ],
    )
    expect(lines!.map((line) => line.grossMinor)).toEqual([1000n, -400n, -100n, 300n, -50n, -700n, -50n])
  })

  it('is not issued where it would not end at 0, and says so of a card without money', () => {
    expect(statementLines(card({}), [{ reason: 'top_up', amount: 1n }])).toBeUndefined()
    expect(statementLines(card({}), [])!.map((line) => line.grossMinor)).toEqual([0n])
  })

  it('are none for an account whose cards are all closed already, and its closing goes on', async () => {
    const { accountId, cardId } = await seedCard(leb, { email: 'left@example.com', accountRef: 'LEFT-1' })
    await close({ issuerId: 'leb', accountId, cardIds: [cardId] })
    const closureId = await close({ issuerId: 'leb', accountId, cardIds: 'account' })
    expect(await papersOf('leb', closureId)).toEqual([])
    const { steps } = (await readClosure(leb, { issuerId: 'leb', closureId }))!
    expect(steps.map(({ step }) => step)).toEqual([
      'identify',
      'undo_window',
      'keep_books',
      'erase_person',
      'certificate',
      'tell',
    ])
  })
})
