import { createHash } from 'node:crypto'
import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { exportAccount } from '../privacy/export-person.ts'
import { keepContract } from './contract.ts'
import { issueInvoice } from './issue-invoice.ts'
import { invoiceFor, type SoldCard, soldCard } from './orders.fixture.ts'
import { papers_link_days, papersLink } from './papers-link.ts'
import { termsAt } from './terms.ts'

let ctx: TestWorld
let portal: Awaited<ReturnType<typeof openPortal>>
let api: Api
let sold: SoldCard
const email = 'buyer@example.com'
const visitor = () => new Visitor(portal.app, ctx.config.publicUrl)

beforeAll(async () => {
  ctx = await openTestWorld()
  portal = await openPortal(ctx)
  api = openApi(ctx)
  sold = await soldCard(ctx, { email })
  await inIssuer(ctx.db, 'leb', async (tx) => {
    const terms = (await termsAt(tx, 'leb', ctx.clock.now()))!
    await keepContract(ctx, tx, {
      issuerId: 'leb',
      orderId: sold.orderId,
      termsVersion: terms.version,
      termsSha256: terms.sha256,
      acceptedAt: ctx.clock.now(),
    })
    const input = invoiceFor(sold)
    const { number } = await issueInvoice(ctx, tx, input)
    await issueInvoice(ctx, tx, {
      ...input,
      kind: 'credit_note',
      corrects: number,
      paidBy: 'none',
      lines: [{ ...input.lines[0]!, grossMinor: 100n }],
    })
  })
})
afterAll(async () => {
  await portal.close()
  await api.close()
  await ctx.stop()
})

const signedIn = (address: string) => visitor().signIn(ctx, 'leb', address)
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
/** Addresses of files on a page, in their order. */
const filesOn = (who: Visitor) => [...who.html.matchAll(/href="([^"]+\.(?:pdf|xml))"/g)].map((hit) => hit[1]!)
const download = async (who: Visitor, path: string) => {
  const answer = await who.fetch(path)
  return { answer, bytes: new Uint8Array(await answer.arrayBuffer()) }
}

/** Every entry of the cross-reference table points at its object; nothing is left of an older revision. */
function expectSoundTable(pdf: Uint8Array): void {
  const text = Buffer.from(pdf).toString('latin1')
  expect(text.match(/^startxref$/gm)).toHaveLength(1)
  const table = Number(/startxref\s+(\d+)/.exec(text)![1])
  expect(text.slice(table, table + 4)).toBe('xref')
  const entries = [...text.slice(table).matchAll(/^(\d{10}) (\d{5}) ([nf])/gm)]
  expect(entries.length).toBeGreaterThan(10)
  for (const [number, entry] of entries.entries())
    if (entry[3] === 'n') expect(text.startsWith(`${number} 0 obj`, Number(entry[1]))).toBe(true)
}

it('has no XML of sums that EN 16931 can’t write, and the PDF says it all', async () => {
  const dinars = await soldCard(ctx, { email: 'dinar@example.com' })
  const input = invoiceFor(dinars, { currency: 'KWD' })
  input.lines = [{ ...input.lines[0]!, grossMinor: 5_001n }]
  await inIssuer(ctx.db, 'leb', (tx) => issueInvoice(ctx, tx, input))
  const who = await signedIn('dinar@example.com')
  await who.go('/leb/en/invoices')
  const [pdf, ...none] = filesOn(who)
  expect(none).toEqual([])
  const read = await PDF.load((await download(who, pdf!)).bytes)
  expect([...read.getAttachments().keys()]).toEqual([])
  expect((await download(who, pdf!.replace(/pdf$/, 'xml'))).answer.status).toBe(404)
  const page = read.getPages()[0]!
  expect(page.extractText().text).toContain('KWD 5.001')
})

describe('the holder’s list', () => {
  it('has invoice, credit note and contract, and each comes as the same file every time', async () => {
    const who = await signedIn(email)
    await who.go('/leb/en/invoices')
    expect(who.text).toMatch(/Credit note.*Invoice.*Contract|Contract.*Credit note.*Invoice/)
    expect(who.html).not.toMatch(/李磊|buyer@example/)
    const files = filesOn(who)
    expect(files.filter((file) => file.endsWith('.pdf'))).toHaveLength(3)
    expect(files.filter((file) => file.endsWith('.xml'))).toHaveLength(2)
    for (const file of files) {
      const [first, again] = [await download(who, file), await download(who, file)]
      expect(first.answer.status).toBe(200)
      expect(Buffer.from(again.bytes).equals(first.bytes)).toBe(true)
      expect(first.answer.headers.get('repr-digest')).toBe(
        `sha-256=:${sha256(first.bytes).toString('base64')}:`,
      )
      expect(first.answer.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+"$/)
    }
  })

  it('brings an invoice as Factur-X: PDF/A-3 with the very XML inside and saying so', async () => {
    const who = await signedIn(email)
    await who.go('/leb/en/invoices')
    const xmlFile = filesOn(who).find((file) => file.endsWith('.xml'))!
    const { bytes: xml } = await download(who, xmlFile)
    const { bytes: pdf } = await download(who, xmlFile.replace(/xml$/, 'pdf'))
    expectSoundTable(pdf)
    const read = await PDF.load(pdf)
    expect([...read.getAttachments().keys()]).toEqual(['factur-x.xml'])
    expect(Buffer.from(read.getAttachment('factur-x.xml')!).equals(xml)).toBe(true)
    const said = Buffer.from(pdf).toString('utf8')
    expect(said).toContain('<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>')
    expect(said).toContain('<pdfaid:part>3</pdfaid:part>')
    expect(said).toContain('/AFRelationship /Alternative')
  })

  it('makes a PDF once when two ask for it at the same moment', async () => {
    const other = await soldCard(ctx, { email: 'twice@example.com' })
    await inIssuer(ctx.db, 'leb', (tx) => issueInvoice(ctx, tx, invoiceFor(other)))
    const who = await signedIn('twice@example.com')
    await who.go('/leb/zh-CN/invoices')
    const [pdf] = filesOn(who)
    const both = await Promise.all([download(who, pdf!), download(who, pdf!)])
    expect(Buffer.from(both[0].bytes).equals(both[1].bytes)).toBe(true)
    const kept = await inIssuer(ctx.db, 'leb', (tx) =>
      tx.selectFrom('issued_pdf').select('sha256').where('paper_id', '=', pdf!.slice(-40, -4)).execute(),
    )
    expect(kept).toEqual([{ sha256: sha256(both[0].bytes).toString('hex') }])
  })

  it('shows nobody else’s, and nothing without signing in', async () => {
    const owner = await signedIn(email)
    await owner.go('/leb/en/invoices')
    const [file] = filesOn(owner)
    await soldCard(ctx, { email: 'other@example.com' })
    const other = await signedIn('other@example.com')
    await other.go('/leb/en/invoices')
    expect(filesOn(other)).toEqual([])
    expect((await download(other, file!)).answer.status).toBe(404)
    expect((await download(visitor(), file!)).answer.status).not.toBe(200)
  })

  it('names the invoices that the former system issued', async () => {
    const card = await seedCard(ctx, { email: 'former@example.com', paid: 4_200n })
    const { invoice_no } = await inIssuer(ctx.db, 'leb', (tx) =>
      tx.selectFrom('card').select('invoice_no').where('card_id', '=', card.cardId).executeTakeFirstOrThrow(),
    )
    const who = await signedIn('former@example.com')
    await who.go('/leb/en/invoices')
    expect(who.text).toMatch(new RegExp(`Issued by the former system.*${invoice_no} 3-day card · .*42\\.00`))
    const token = await api.signIn('leb', 'former@example.com')
    const { body } = await api.get('/api/v1/issuers/leb/invoices', { token })
    expect(body).toMatchObject({ invoices: [], former: [{ number: invoice_no }] })
  })
})

it('puts them into the export of the person’s data', async () => {
  const zip = await exportAccount(ctx, { issuerId: 'leb', accountId: sold.accountId })
  const names = new Set(zip.toString('latin1').match(/invoices\/[\w.-]+\.(?:pdf|xml)/g))
  expect([...names].filter((name) => name.endsWith('.pdf'))).toHaveLength(3)
  expect([...names].filter((name) => name.endsWith('.xml'))).toHaveLength(2)
  expect([...names].filter((name) => name.startsWith('invoices/contract-'))).toHaveLength(1)
})

it('gives the same by API', async () => {
  const token = await api.signIn('leb', email)
  const { body } = await api.get('/api/v1/issuers/leb/invoices', { token })
  const kinds = body.invoices.map((one: { kind: string }) => one.kind).toSorted()
  expect(kinds).toEqual(['contract', 'credit_note', 'invoice'])
  const of = (kind: string) => body.invoices.find((one: { kind: string }) => one.kind === kind)
  expect(of('invoice').gross).toEqual({ amount: '11900', currency: 'CNY' })
  expect(of('credit_note').corrects).toBe(of('invoice').number)
  const path = `/api/v1/issuers/leb/invoices/${of('invoice').invoiceId}`
  expect((await api.raw('GET', `${path}/xml`, { token })).headers.get('content-type')).toBe('application/xml')
  expect((await api.raw('GET', `${path}/pdf`, { token })).status).toBe(200)
  const contract = await api.get(`/api/v1/issuers/leb/invoices/${of('contract').invoiceId}/xml`, { token })
  expect(contract).toMatchObject({ status: 404 })
  expect(contract.body.type).toMatch(/invoice\/no_e_invoice$/)
})

it('keeps them within reach by the link of the last mail, for the time it says', async () => {
  const { url, goodUntil } = await inIssuer(ctx.db, 'leb', (tx) => papersLink(ctx, tx, sold))
  const again = await inIssuer(ctx.db, 'leb', (tx) => papersLink(ctx, tx, sold))
  expect(again).toEqual({ url, goodUntil })
  const { pathname } = new URL(url)
  const who = await visitor().go(pathname)
  expect(who.status).toBe(200)
  expect(who.html).not.toMatch(/李磊|buyer@example/)
  expect(who.html).not.toContain(sold.accountRef)
  expect(who.headers.get('x-robots-tag')).toBe('noindex')
  expect(who.headers.get('referrer-policy')).toBe('same-origin')
  expect(filesOn(who)).toHaveLength(5)
  const { answer, bytes } = await download(who, filesOn(who)[0]!)
  expect(answer.status).toBe(200)
  expect(bytes.length).toBeGreaterThan(100)
  const rows = await ctx.db.selectFrom('papers_access').selectAll().execute()
  expect(JSON.stringify(rows)).not.toContain(pathname.slice(3))
  expect((await visitor().go(`${pathname.slice(0, -1)}${pathname.endsWith('A') ? 'B' : 'A'}`)).status).toBe(
    410,
  )
  const before = ctx.clock.now()
  ctx.clock.advance({ days: papers_link_days })
  expect((await visitor().go(pathname)).status).toBe(200)
  ctx.clock.advance({ days: 1 })
  expect((await visitor().go(pathname)).status).toBe(410)
  expect((await download(visitor(), filesOn(who)[0]!)).answer.status).toBe(410)
  ctx.clock.set(before)
})
