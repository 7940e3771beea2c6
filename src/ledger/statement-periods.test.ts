import { createHash } from 'node:crypto'
import { PDF } from '@libpdf/core'
import { parse } from 'csv-parse/sync'
import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Api, openApi } from '../../test/api-client.ts'
import type { TestWorld } from '../../test/harness.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { type Seeded, seedCard } from '../../test/seed.ts'
import { issuersWith, openExpiryWorld, seedExpiring } from '../expiry/expiry.fixture.ts'
import { lapseSome } from '../expiry/lapse-due.ts'
import { inIssuer } from '../platform/db.ts'
import { long_waiting_at_most, printLongAside } from '../slip/typeset-aside.ts'
import type { PortalEnv } from '../web/page.ts'
import { postUsage } from './post-usage.ts'
import { pdf_lines, readForPrint } from './statement-pdf.ts'
import { boundsOf, periodsBetween } from './statement-period.ts'
import { readStatement, statementLines } from './statement.ts'

const keep = { kind: 'keep', days: 90 } as const
let ctx: TestWorld
let portal: { app: Hono<PortalEnv>; close(): Promise<void> }
let api: Api
beforeAll(async () => {
  ctx = await openExpiryWorld(keep)
  portal = await openPortal(ctx)
  api = openApi(ctx)
})
afterAll(async () => {
  await api.close()
  await portal.close()
  await ctx.stop()
})

const leb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(ctx.db, 'leb', work)
const zone = 'Asia/Shanghai'

/** So many uses of 0.01 at once, now. */
async function use(card: Seeded, times: number): Promise<void> {
  const hash = createHash('sha256').digest()
  const one = { hash, cardId: card.cardId, gross: 1n, net: 1n, tax: 0n, late: false }
  const lines = Array.from({ length: times }, () => ({ ...one, recordKey: ctx.ids.next() }))
  for (let at = 0; at < times; at += 500)
    await leb((tx) => postUsage(ctx, tx, 'leb', lines.slice(at, at + 500)))
}
const open = (email: string, lang: string) =>
  new Visitor(portal.app, ctx.config.publicUrl).signIn(ctx, 'leb', email, lang)
async function words(pdf: Uint8Array): Promise<{ text: string; pages: number }> {
  const pages = (await PDF.load(pdf)).getPages()
  return { text: pages.map((page) => page.extractText().text).join(' '), pages: pages.length }
}
async function print(visitor: Visitor, address: string) {
  const answer = await visitor.fetch(address)
  expect(answer.headers.get('content-type')).toBe('application/pdf')
  const { text, pages } = await words(new Uint8Array(await answer.arrayBuffer()))
  return { text, pages, name: answer.headers.get('content-disposition') }
}

/** Used in the last second of November by the issuer's clock, and in the first of December. */
async function overMonths(email: string): Promise<Seeded> {
  ctx.clock.set(new Date('2026-11-22T10:00:00Z'))
  const card = await seedCard(ctx, { balance: 1000n, email })
  ctx.clock.set(new Date('2026-11-30T15:59:59Z'))
  await use(card, 2)
  ctx.clock.set(new Date('2026-11-30T16:00:00Z'))
  await use(card, 3)
  ctx.clock.set(new Date('2027-01-05T10:00:00Z'))
  await use(card, 1)
  return card
}

describe('a period', () => {
  it('is a year or a month by the issuer’s clock, from the first line’s to this one', () => {
    expect(boundsOf('2026-11', zone).until).toEqual(new Date('2026-11-30T16:00:00Z'))
    expect(boundsOf('2026', 'Europe/Berlin')).toEqual({
      from: new Date('2025-12-31T23:00:00Z'),
      until: new Date('2026-12-31T23:00:00Z'),
    })
    const at = (text: string) => new Date(text)
    expect(periodsBetween(at('2026-10-31T16:00:00Z'), at('2027-01-05T10:00:00Z'), zone)).toEqual([
      '2027',
      '2027-01',
      '2026',
      '2026-12',
      '2026-11',
    ])
  })

  it('has each line in one month, with what the balance was before and at the end', async () => {
    const card = await overMonths('months@example.com')
    const read = async (period: string) => {
      const page = await leb((tx) => readStatement(tx, card, { bounds: boundsOf(period, zone), limit: 50 }))
      return [page!.opening, page!.closing, page!.lines.map((line) => [line.amount, line.after])]
    }
    expect(await read('2026-10')).toEqual([0n, 0n, []])
    expect(await read('2026-11')).toEqual([
      0n,
      998n,
      [
        [-1n, 998n],
        [-1n, 999n],
        [1000n, 1000n],
      ],
    ])
    expect(await read('2026-12')).toMatchObject([998n, 995n, [{}, {}, { 1: 997n }]])
    expect(await read('2027-01')).toEqual([995n, 994n, [[-1n, 994n]]])
    expect(await read('2026')).toMatchObject([0n, 995n, { length: 6 }])
    expect(await read('2027-02')).toEqual([994n, 994n, []])
    const streamed: bigint[] = []
    for await (const { lines } of statementLines(ctx, card, boundsOf('2026-12', zone)))
      streamed.push(...lines.map((line) => line.after))
    expect(streamed).toEqual([995n, 996n, 997n])
  })

  it('is paged within its bounds, and a cursor from outside shows nothing of elsewhere', async () => {
    const card = await overMonths('paged@example.com')
    const bounds = boundsOf('2026-12', zone)
    const read = (before: string | undefined, limit: number) =>
      leb((tx) => readStatement(tx, card, { bounds, before, limit }))
    const first = await read(undefined, 2)
    const second = await read(first!.older!, 2)
    expect([first, second].flatMap((page) => page!.lines.map((line) => line.after))).toEqual([
      995n,
      996n,
      997n,
    ])
    expect(second!.older).toBeNull()
    const newest = await leb((tx) => readStatement(tx, card, { limit: 1 }))
    expect((await read(newest!.lines[0]!.id, 9))!.lines).toHaveLength(3)
    const oldest = (await leb((tx) => readStatement(tx, card, { limit: 9 })))!.lines.at(-1)!
    expect((await read(oldest.id, 9))!.lines).toEqual([])
  })

  it('puts a line where the books do when a clock went back over its end, and opens where the last one closed', async () => {
    const card = await overMonths('back@example.com')
    ctx.clock.set(new Date('2026-12-31T15:00:00Z'))
    await use(card, 1)
    const read = (period: string) =>
      leb((tx) => readStatement(tx, card, { bounds: boundsOf(period, zone), limit: 50 }))
    const [december, january] = [await read('2026-12'), await read('2027-01')]
    expect(december!.lines.length + january!.lines.length).toBe(5)
    expect(january!.opening).toBe(december!.closing)
  })

  it('can be chosen on the page without script, and is what the table and the paper then hold', async () => {
    const card = await overMonths('choose@example.com')
    const path = `/leb/en/cards/${card.cardId}/statement`
    const visitor = await open('choose@example.com', 'en')
    await visitor.go(path)
    expect(visitor.html).toContain('<option value="2026-12">December 2026</option>')
    await visitor.go(`${path}?period=2026-12`)
    expect(visitor.html).toContain('<option value="2026-12" selected="">December 2026</option>')
    expect(visitor.text).toContain('Balance before CN¥9.98')
    expect(visitor.text).toContain('Balance at the end CN¥9.95')
    expect(visitor.html.match(/<time/g)).toHaveLength(3)
    for (const ending of ['csv', 'pdf'])
      expect(visitor.html).toContain(`href="${path}.${ending}?period=2026-12"`)
    const csv = await visitor.fetch(`${path}.csv?period=2026-12`)
    const rows: string[][] = parse(await csv.text(), { bom: true })
    expect(rows.slice(1).map((row) => row[3])).toEqual(['9.95', '9.96', '9.97'])
    const paper = await print(visitor, `${path}.pdf?period=2026-12`)
    expect(paper.text).toMatch(
      /Period\s*December 2026\s+Balance before\s*CN¥9.98\s+Balance at the end\s*CN¥9.95/,
    )
    expect(paper.text.match(/−CN¥0.01/g)).toHaveLength(3)
    expect(paper.name).toContain(`-2026-12.pdf`)
    for (const bad of ['2026-13', '2026-1', 'x'])
      expect((await visitor.fetch(`${path}?period=${bad}`)).status).toBe(404)
  })

  it('can be asked for by the API', async () => {
    const card = await overMonths('program@example.com')
    const token = await api.signIn('leb', 'program@example.com')
    const path = `/api/v1/issuers/leb/cards/${card.cardId}/statement`
    const { body } = await api.get(`${path}?period=2026-12&limit=2`, { token })
    expect(body).toMatchObject({ opening: { amount: '998' }, closing: { amount: '995' }, ends: [] })
    const { body: rest } = await api.get(`${path}?period=2026-12&limit=2&before=${body.older}`, { token })
    expect(rest).toMatchObject({ lines: [{ balanceAfter: { amount: '997' } }], older: null })
    expect((await api.get(`${path}?period=2026-00`, { token })).status).toBe(422)
  })
})

describe('a statement of thousands of lines', () => {
  it('is printed whole: summed by day, and the paper says so; each line in a month’s paper and in the table', async () => {
    ctx.clock.set(new Date('2026-11-22T10:00:00Z'))
    const card = await seedCard(ctx, { balance: 10_000n, email: 'long@example.com' })
    await use(card, pdf_lines - 1)
    const path = `/leb/en/cards/${card.cardId}/statement`
    ctx.clock.set(new Date('2026-12-01T10:00:00Z'))
    await use(card, 2500)
    ctx.clock.advance({ days: 1 })
    await use(card, 2500)
    const visitor = await open('long@example.com', 'en')
    const whole = await print(visitor, `${path}.pdf`)
    expect(whole.text).toContain('more than 1,000 movements')
    expect(whole.text).toMatch(/single\s+month/)
    expect(whole.text).toMatch(/Days\s+begin\s+by\s+Beijing\s+time/)
    expect(whole.text).toMatch(
      /2 Dec 2026\s+Usage \(2500 movements\)\s+−CN¥25.00\s+CN¥40.01\s+1 Dec 2026\s+Usage \(2500 movements\)\s+−CN¥25.00\s+CN¥65.01\s+22 Nov 2026\s+Usage \(999 movements\)\s+−CN¥9.99\s+CN¥90.01\s+22 Nov 2026\s+Balance taken over from the old system\s+\+CN¥100.00/,
    )
    const november = await print(visitor, `${path}.pdf?period=2026-11`)
    expect(november.text.match(/−CN¥0.01/g)).toHaveLength(pdf_lines - 1)
    expect(november.text).not.toContain('more than')
    expect(november.pages).toBeGreaterThan(15)
    const zh = await print(visitor, `/leb/zh-CN/cards/${card.cardId}/statement.pdf?period=2026-12`)
    expect(zh.text.replace(/\s/g, '')).toContain('同一天同一事项的变动合计列出')
    expect(zh.text.replace(/\s/g, '')).toContain('使用（共2500笔）−¥25.00¥40.01')
    const rows: string[][] = parse(await (await visitor.fetch(`${path}.csv`)).text(), { bom: true })
    expect(rows).toHaveLength(1 + pdf_lines + 5000)
  })

  it('is summed by month where even the days are too many', async () => {
    ctx.clock.set(new Date('2021-01-01T04:00:00Z'))
    const card = await seedCard(ctx, { balance: 10_000n })
    for (let day = 0; day <= pdf_lines; day++) {
      await use(card, 1)
      ctx.clock.advance({ days: 1 })
    }
    const wanted = { ...card, bounds: undefined, zone, now: ctx.clock.now() }
    const printed = await leb((tx) => readForPrint(tx, wanted))
    const sums = 'sums' in printed ? printed.sums : []
    expect(printed).toMatchObject({ span: 'month' })
    expect(sums).toHaveLength(34)
    expect(sums[0]).toMatchObject({ after: 8999n, count: 28n, reason: 'usage' })
    expect(sums.at(-1)).toMatchObject({ after: null, amount: 10_000n, reason: 'opening' })
    expect(sums.reduce((sum, one) => sum + one.amount, 0n)).toBe(8999n)
  })

  it('waits with few others; who comes after them is told so at once', async () => {
    const pages = { source: '= A', data: null, madeAt: new Date(0) }
    const all = Array.from({ length: long_waiting_at_most + 1 }, () => printLongAside(pages))
    expect(all.pop()).toBeUndefined()
    const [first, ...rest] = await Promise.all(all.map(async (one) => await one))
    for (const one of [first!, ...rest]) expect(Buffer.from(one!).subarray(0, 5).toString()).toBe('%PDF-')
    expect(await printLongAside(pages)).toBeDefined()
  })
})

it('says what ended, kept money too, in the same words on page, table, paper and to programs', async () => {
  ctx.clock.set(new Date('2026-11-22T10:00:00Z'))
  const [card] = await seedExpiring(ctx, [
    { endsInHours: -1, email: 'kept@example.com', balance: 1200n, dataMb: 5 },
  ])
  const issuer = issuersWith(keep).find((one) => one.issuerId === 'leb')!
  expect(await lapseSome(ctx, issuer, ctx.clock.now())).toMatchObject([{ outcome: 'kept' }])
  const visitor = await open('kept@example.com', 'en')
  const path = `/leb/en/cards/${card!.cardId}/statement`
  await visitor.go(path)
  const said = /<li><time[^>]*>22 November 2026, 09:00 \(UTC\)<\/time>: ([^<]+)<\/li>/.exec(visitor.html)![1]!
  expect(said).toContain('5 MB')
  expect(said).toContain('CN¥12.00 kept for you until 20 February 2027')
  const rows: string[][] = parse(await (await visitor.fetch(`${path}.csv`)).text(), { bom: true })
  expect(rows.at(-1)).toEqual(['2026-11-22T09:00:00+00:00', expect.stringContaining(said), '', '', 'CNY', ''])
  const squeezed = (text: string) => text.replace(/\s/g, '')
  expect(squeezed((await print(visitor, `${path}.pdf`)).text)).toContain(squeezed(`What has ended`))
  expect(squeezed((await print(visitor, `${path}.pdf`)).text)).toContain(squeezed(said))
  expect((await print(visitor, `${path}.pdf?period=2026-12`)).text).not.toContain('kept for you')
  const token = await api.signIn('leb', 'kept@example.com')
  const { body } = await api.get(`/api/v1/issuers/leb/cards/${card!.cardId}/statement`, { token })
  expect(body.ends).toMatchObject([{ outcome: 'kept', balance: { amount: '1200' } }])
})
