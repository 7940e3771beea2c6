import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { putIssuer } from '../issuer/issuer.ts'
import { sampleIssuers } from '../issuer/sample-issuers.ts'
import { inIssuer, openDb, openPool } from '../platform/db.ts'
import { invoiceContent } from './content.ts'
import { issueInvoice, type NumberedInput } from './issue-invoice.ts'
import { invoiceFor, type SoldCard, soldCard } from './orders.fixture.ts'

let ctx: TestWorld
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())

const issue = (input: NumberedInput) => inIssuer(ctx.db, input.issuerId, (tx) => issueInvoice(ctx, tx, input))
const refusal = (code: string) => expect.objectContaining({ code })

/** Numbers of an issuer's invoices as they stand in the database, and whether they run from 1 without a gap. */
async function numbers(issuerId: string, year: number): Promise<bigint[]> {
  const rows = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('invoice')
      .select('seq')
      .where('issuer_id', '=', issuerId)
      .where('year', '=', year)
      .orderBy('seq')
      .execute(),
  )
  return rows.map((row) => row.seq!)
}
const upTo = (last: number): bigint[] => Array.from({ length: last }, (_, at) => BigInt(at + 1))

describe('an invoice', () => {
  it('is the same when it is asked for twice, and refused when the second asks for another', async () => {
    const sold = await soldCard(ctx)
    const first = await issue(invoiceFor(sold))
    expect(first.number).toMatch(/^LEB-2026-\d{6}$/)
    expect(await issue(invoiceFor(sold))).toEqual(first)
    const other = invoiceFor(sold)
    other.lines = [{ ...other.lines[0]!, grossMinor: 1n }]
    await expect(issue(other)).rejects.toEqual(refusal('invoice/other_content'))
  })

  it('says seller, account and sums, and nobody’s name', async () => {
    const sold = await soldCard(ctx, { email: 'secret@example.com' })
    const { invoiceId } = await issue(invoiceFor(sold))
    const row = await inIssuer(ctx.db, 'leb', (tx) =>
      tx.selectFrom('invoice').selectAll().where('invoice_id', '=', invoiceId).executeTakeFirstOrThrow(),
    )
    const content = invoiceContent.parse(row.content)
    expect(content.totals).toEqual({ net: '11226', tax: '674', gross: '11900' })
    expect(content.buyer).toEqual({ accountRef: sold.accountRef, country: 'CN' })
    expect(row.xml).toContain('<ram:TypeCode>380</ram:TypeCode>')
    expect(JSON.stringify(row.content) + row.xml).not.toMatch(/李磊|secret/)
  })

  it('can neither be changed nor removed', async () => {
    const { invoiceId } = await issue(invoiceFor(await soldCard(ctx)))
    const refused = /what was issued stays as it is|permission denied/
    for (const statement of [
      sql`update invoice set gross_minor = 1 where invoice_id = ${invoiceId}`,
      sql`delete from invoice where invoice_id = ${invoiceId}`,
    ])
      await expect(inIssuer(ctx.db, 'leb', (tx) => statement.execute(tx))).rejects.toThrow(refused)
  })

  it('is refused by an issuer that can’t invoice lawfully, naming what to add', async () => {
    const bare = sampleIssuers()[2]!
    const { seller, ...brand } = bare.brand
    await putIssuer(ctx.db, { ...bare, brand }, ctx.clock.now())
    const sold = await soldCard(ctx, { issuerId: 'sinotravel' })
    await expect(issue(invoiceFor(sold))).rejects.toEqual(
      expect.objectContaining({ facts: { lacks: expect.stringContaining('brand.seller') as string } }),
    )
    const { taxNumber: _, ...untaxed } = seller!
    await putIssuer(ctx.db, { ...bare, brand: { ...brand, seller: untaxed } }, ctx.clock.now())
    await expect(issue(invoiceFor(sold))).rejects.toEqual(
      expect.objectContaining({
        facts: { lacks: 'brand.seller.vatId or brand.seller.taxNumber' },
      }),
    )
    const free = invoiceFor(sold)
    free.lines = [{ ...free.lines[0]!, rateBp: 0 }]
    expect((await issue(free)).number).toMatch(/^SINOTRAVEL-2026-000001$/)
    await putIssuer(ctx.db, bare, ctx.clock.now())
  })
})

describe('a credit note', () => {
  const credit = (of: NumberedInput, corrects: string, grossMinor: bigint): NumberedInput => ({
    ...of,
    kind: 'credit_note',
    corrects,
    paidBy: 'none',
    lines: [{ ...of.lines[0]!, grossMinor }],
  })

  it('names its invoice, is numbered in the same row, and never takes back more than was invoiced', async () => {
    const sold = await soldCard(ctx)
    const input = invoiceFor(sold)
    const { number } = await issue(input)
    await expect(issue(credit(input, number, 11_901n))).rejects.toEqual(refusal('invoice/credit_too_large'))
    const taken = await issue(credit(input, number, 11_900n))
    const row = await inIssuer(ctx.db, 'leb', (tx) =>
      tx
        .selectFrom('invoice')
        .selectAll()
        .where('invoice_id', '=', taken.invoiceId)
        .executeTakeFirstOrThrow(),
    )
    expect(row).toMatchObject({ kind: 'credit_note', corrects_number: number })
    expect(row.xml).toContain(`<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>${number}<`)
    const again = await soldCard(ctx)
    const more = { ...credit(input, number, 1n), orderId: again.orderId }
    await expect(issue(more)).rejects.toEqual(refusal('invoice/credit_too_large'))
  })

  it('takes back together no more than the invoice, when two are written at once', async () => {
    const sold = await soldCard(ctx)
    const input = invoiceFor(sold)
    const { number } = await issue(input)
    const others = await Promise.all([soldCard(ctx), soldCard(ctx), soldCard(ctx)])
    const results = await Promise.allSettled(
      others.map(({ orderId }) => issue({ ...credit(input, number, 6_000n), orderId })),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
  })

  it('is refused for an invoice of another account, and of another rate of tax', async () => {
    const [sold, other] = [await soldCard(ctx), await soldCard(ctx)]
    const input = invoiceFor(sold)
    const { number } = await issue(input)
    await expect(issue(credit(invoiceFor(other), number, 1n))).rejects.toEqual(
      refusal('invoice/no_such_invoice'),
    )
    const rate = credit(input, number, 100n)
    rate.lines = [{ ...rate.lines[0]!, rateBp: 1900 }]
    await expect(issue(rate)).rejects.toEqual(refusal('invoice/credit_too_large'))
  })

  it('can take back what the former system invoiced, up to what was paid', async () => {
    const card = await seedCard(ctx, { paid: 5_000n })
    const { invoice_no: former } = await inIssuer(ctx.db, 'leb', (tx) =>
      tx.selectFrom('card').select('invoice_no').where('card_id', '=', card.cardId).executeTakeFirstOrThrow(),
    )
    const sold = await soldCard(ctx)
    const of = (grossMinor: bigint) => ({
      ...credit(invoiceFor(sold), former, grossMinor),
      cardId: card.cardId,
    })
    await expect(issue(of(5_001n))).rejects.toEqual(refusal('invoice/credit_too_large'))
    await issue(of(5_000n))
    const wrong = { ...of(1n), orderId: (await soldCard(ctx)).orderId, corrects: 'INV-NOT-THIS' }
    await expect(issue(wrong)).rejects.toEqual(refusal('invoice/no_such_invoice'))
  })
})

describe('numbers', () => {
  it('begin again with the year of the issuer’s own midnight', async () => {
    const [cn, de] = [await soldCard(ctx), await soldCard(ctx, { issuerId: 'roamly' })]
    const late = await soldCard(ctx)
    const before = ctx.clock.now()
    ctx.clock.set(new Date('2026-12-31T15:59:59Z'))
    expect((await issue(invoiceFor(cn))).number).toMatch(/^LEB-2026-/)
    ctx.clock.set(new Date('2026-12-31T16:00:00Z'))
    expect((await issue(invoiceFor(late))).number).toBe('LEB-2027-000001')
    expect((await issue(invoiceFor(de))).number).toBe('ROAMLY-2026-000001')
    ctx.clock.set(before)
  })

  it('have no gap and no double from 64 connections of which some roll back', async () => {
    const pool = openPool(ctx.databaseUrl, 64, 'crowd')
    const crowd = { ...ctx, pool, db: openDb(pool) }
    const sold: SoldCard[] = []
    for (let at = 0; at < 16; at++) sold.push(await soldCard(ctx))
    const before = (await numbers('leb', 2026)).length
    const asks = Array.from({ length: 128 }, (_, at) => ({ order: sold[at % 16]!, fails: at % 5 === 0 }))
    const answers = await Promise.all(
      asks.map(({ order, fails }) =>
        inIssuer(crowd.db, 'leb', async (tx) => {
          const issued = await issueInvoice(crowd, tx, invoiceFor(order))
          if (fails) throw new Error('rolled back')
          return issued.number
        }).catch((error: Error) => error.message),
      ),
    )
    await pool.end()
    const said = new Set(answers.filter((answer) => answer.startsWith('LEB-')))
    const after = await numbers('leb', 2026)
    expect(after).toEqual(upTo(after.length))
    expect(answers.filter((answer) => !answer.startsWith('LEB-')).every((a) => a === 'rolled back')).toBe(
      true,
    )
    // Each order has one invoice, whoever asked for it first.
    expect(said.size).toBe(16)
    expect(after.length - before).toBe(16)
  })

  it('have no gap after a process was killed with one in its hand', async () => {
    const orders = [await soldCard(ctx), await soldCard(ctx), await soldCard(ctx)]
    const child = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('issue-child.fixture.ts', import.meta.url)),
        ctx.databaseUrl,
        JSON.stringify(orders),
        ctx.clock.now().toISOString(),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const held = await lineOf(child, 3)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const next = await soldCard(ctx)
    expect((await issue(invoiceFor(next))).number).toBe(held)
    expect((await issue(invoiceFor(orders[2]!))).number).not.toBe(held)
    const all = await numbers('leb', 2026)
    expect(all).toEqual(upTo(all.length))
  })
})

async function lineOf(child: ChildProcess, which: number): Promise<string> {
  let seen = 0
  for await (const line of createInterface({ input: child.stdout! })) if (++seen === which) return line
  throw new Error('the child ended too early')
}
