import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { openPortal, Visitor } from '../../test/portal.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import type { PortalEnv } from '../web/page.ts'
import { houseAccount, lockCardBalance } from './accounts.ts'
import { holdMoney } from './holds.ts'
import { post } from './post.ts'
import { postUsage } from './post-usage.ts'
import type { PostingReason } from './reasons.ts'
import { readStatement, statementLines } from './statement.ts'

let ctx: TestWorld
let portal: { app: Hono<PortalEnv>; close(): Promise<void> }
beforeAll(async () => {
  ctx = await openTestWorld()
  portal = await openPortal(ctx)
})
afterAll(async () => {
  await portal.close()
  await ctx.stop()
})

const leb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(ctx.db, 'leb', work)
const move = (card: Seeded, amount: bigint, reason: PostingReason) =>
  leb(async (tx) => {
    const { accountId, currency } = await lockCardBalance(tx, card)
    const house = await houseAccount(ctx, tx, { issuerId: 'leb', kind: 'orders_in_hand', currency })
    const entries = [
      { accountId, amount },
      { accountId: house, amount: -amount },
    ]
    await post(ctx, tx, { issuerId: 'leb', key: ctx.ids.next(), reason, entries })
  })
const use = (card: Seeded, gross: bigint) =>
  leb((tx) => {
    const hash = createHash('sha256').digest()
    const line = {
      recordKey: ctx.ids.next(),
      hash,
      cardId: card.cardId,
      gross,
      net: gross,
      tax: 0n,
      late: false,
    }
    return postUsage(ctx, tx, 'leb', [line])
  })
const read = (card: Seeded, wanted: { before?: string; limit: number }) =>
  leb((tx) => readStatement(tx, card, wanted))

/** A card that was taken over with 10.00, used, topped up and used again. */
async function busyCard(email: string): Promise<Seeded> {
  const card = await seedCard(ctx, { balance: 1000n, email })
  await use(card, 300n)
  ctx.clock.advance({ hours: 1 })
  await move(card, 5000n, 'top_up')
  await use(card, 1n)
  return card
}

describe('a statement', () => {
  it('tells each movement with what the balance was after it, newest first', async () => {
    const card = await busyCard('a@example.com')
    const page = await read(card, { limit: 10 })
    expect(page!.lines.map(({ reason, amount, after }) => [reason, amount, after])).toEqual([
      ['usage', -1n, 5699n],
      ['top_up', 5000n, 5700n],
      ['usage', -300n, 700n],
      ['opening', 1000n, 1000n],
    ])
    expect(page).toMatchObject({ balance: { amount: 5699n, currency: 'CNY' }, held: 0n, older: null })
  })

  it('is paged without a line lost or doubled, also while the card is used on', async () => {
    const card = await busyCard('b@example.com')
    const first = await read(card, { limit: 2 })
    await use(card, 7n)
    const second = await read(card, { before: first!.older!, limit: 2 })
    expect([...first!.lines, ...second!.lines].map((line) => line.after)).toEqual([5699n, 5700n, 700n, 1000n])
    expect(second!.older).toBeNull()
    expect(await read(card, { before: `${ctx.ids.next()}.1`, limit: 2 })).toMatchObject({ lines: [] })
  })

  it('takes no cursor of another card', async () => {
    const [card, other] = [await busyCard('c@example.com'), await busyCard('d@example.com')]
    const { older } = (await read(other, { limit: 1 }))!
    expect(await read(card, { before: older!, limit: 5 })).toMatchObject({ lines: [], older: null })
  })

  it('of a long life comes in batches that join without a gap', async () => {
    const card = await seedCard(ctx, { balance: 5000n })
    const lines = Array.from({ length: 1200 }, (_, at) => {
      const hash = createHash('sha256').digest()
      const recordKey = `long:${at}`
      return { recordKey, hash, cardId: card.cardId, gross: 1n, net: 1n, tax: 0n, late: false }
    })
    await leb((tx) => postUsage(ctx, tx, 'leb', lines))
    const seen: bigint[] = []
    for await (const page of statementLines(ctx, card)) seen.push(...page.lines.map((line) => line.after))
    expect(seen).toEqual(Array.from({ length: 1201 }, (_, at) => 3800n + BigInt(at)))
  })
})

describe('on the page', () => {
  const open = async (email: string, lang = 'en') =>
    new Visitor(portal.app, ctx.config.publicUrl).signIn(ctx, 'leb', email, lang)

  it('stands what happened in words, in both languages, with what is set aside', async () => {
    const card = await busyCard('page@example.com')
    const expiresAt = new Date(ctx.clock.now().getTime() + 60_000)
    const hold = {
      issuerId: 'leb',
      key: 'h',
      cardId: card.cardId,
      amount: 699n,
      reason: 'usage',
      expiresAt,
    } as const
    await leb((tx) => holdMoney(ctx, tx, hold))
    const visitor = await open('page@example.com')
    await visitor.go('/leb/en/cards')
    expect(visitor.html).toContain(`/leb/en/cards/${card.cardId}/statement`)
    await visitor.go(`/leb/en/cards/${card.cardId}/statement`)
    expect(visitor.title).toMatch(/^Statement/)
    expect(visitor.text).toContain('Balance now CN¥56.99')
    expect(visitor.text).toContain('Set aside CN¥6.99 (for something under way')
    expect(visitor.text).toMatch(/Usage\s+22 Nov 2026 \d\d:00\s+−CN¥0.01\s+CN¥56.99/)
    expect(visitor.text).toMatch(/Top-up\s+22 Nov 2026 \d\d:00\s+\+CN¥50.00\s+CN¥57.00/)
    await visitor.go(`/leb/zh-CN/cards/${card.cardId}/statement`)
    expect(visitor.text).toMatch(/从旧系统转入的余额.+\+¥10.00\s+¥10.00/)
  })

  it('leads through a long list page by page and back', async () => {
    const card = await seedCard(ctx, { balance: 1000n, email: 'long@example.com' })
    for (let at = 0; at < 55; at++) await use(card, 1n)
    const visitor = await open('long@example.com')
    await visitor.go(`/leb/en/cards/${card.cardId}/statement`)
    const older = /href="([^"]+before=[^"]+)"/.exec(visitor.html)![1]!
    expect(visitor.html.match(/<time/g)).toHaveLength(50)
    await visitor.go(older)
    expect(visitor.html.match(/<time/g)).toHaveLength(6)
    expect(visitor.text).toContain('Back to the newest')
    expect(visitor.html).not.toContain('>Older movements')
  })

  it('is nobody else’s, and asks for sign-in', async () => {
    const card = await busyCard('mine@example.com')
    await seedCard(ctx, { email: 'theirs@example.com' })
    const visitor = await open('theirs@example.com')
    for (const ending of ['', '.csv', '.pdf'])
      expect((await visitor.fetch(`/leb/en/cards/${card.cardId}/statement${ending}`)).status).toBe(404)
    const stranger = new Visitor(portal.app, ctx.config.publicUrl)
    await stranger.go(`/leb/en/cards/${card.cardId}/statement`)
    expect(stranger.title).toMatch(/^What is your e-mail address/)
  })

  it('can be kept as a table, with plain numbers, and to print', async () => {
    const card = await busyCard('keep@example.com')
    const visitor = await open('keep@example.com')
    const csv = await visitor.fetch(`/leb/en/cards/${card.cardId}/statement.csv`)
    expect(csv.headers.get('content-disposition')).toBe(
      `attachment; filename="statement-${card.iccid.slice(-4)}.csv"`,
    )
    const text = Buffer.from(await csv.arrayBuffer()).toString('utf8')
    expect(text.startsWith('\uFEFF')).toBe(true)
    const rows: string[][] = parse(text, { bom: true })
    expect(rows.map((row) => row.slice(1, 5))).toEqual([
      ['What happened', 'Amount', 'Balance after', 'Currency'],
      ['Usage', '-0.01', '56.99', 'CNY'],
      ['Top-up', '50.00', '57.00', 'CNY'],
      ['Usage', '-3.00', '7.00', 'CNY'],
      ['Balance taken over from the old system', '10.00', '10.00', 'CNY'],
    ])
    const pdf = await visitor.fetch(`/leb/zh-CN/cards/${card.cardId}/statement.pdf`)
    expect(pdf.headers.get('content-type')).toBe('application/pdf')
    const bytes = Buffer.from(await pdf.arrayBuffer())
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-')
    expect(bytes.length).toBeGreaterThan(5_000)
  })

  it('gives a spreadsheet no formula to run', async () => {
    const card = await seedCard(ctx, { balance: 1000n, email: 'formula@example.com' })
    // A reason that no version of LEB writes, as an older or newer one might have left it.
    await move(card, 5n, '=HYPERLINK("http://x")' as PostingReason)
    const visitor = await open('formula@example.com')
    const csv = await visitor.fetch(`/leb/en/cards/${card.cardId}/statement.csv`)
    const rows: string[][] = parse(await csv.text(), { bom: true })
    expect(rows[1]!.slice(1, 3)).toEqual([`'=HYPERLINK("http://x")`, '0.05'])
  })
})
