import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { invoicesCheckCommand, invoicesLinkCommand } from './invoices-command.ts'
import { issueInvoice } from './issue-invoice.ts'
import { invoiceFor, soldCard } from './orders.fixture.ts'
import { paperPdf } from './paper-file.ts'
import { listPapers } from './read-papers.ts'

let ctx: TestWorld
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())

const sell = async () => {
  const sold = await soldCard(ctx)
  const issued = await inIssuer(ctx.db, 'leb', (tx) => issueInvoice(ctx, tx, invoiceFor(sold)))
  return { ...sold, ...issued }
}
const check = async () => {
  let said = ''
  const exit = await invoicesCheckCommand(ctx, { json: true, out: (text) => void (said += text) })
  return { exit, ...(JSON.parse(said) as { invoices: number; files: number; faults: { what: string }[] }) }
}

describe('leb invoices check', () => {
  it('finds nothing in whole books, and says how much it looked at', async () => {
    await sell()
    const { accountRef } = await sell()
    const [paper] = await inIssuer(ctx.db, 'leb', (tx) =>
      listPapers(tx, { issuerId: 'leb', accountRefs: [accountRef] }),
    )
    await paperPdf(ctx, { issuerId: 'leb', paper: paper! })
    expect(await check()).toEqual({ exit: 0, invoices: 2, files: 1, faults: [] })
  })

  it('names a number that was taken and has no invoice, a gap, and a file that is another', async () => {
    await inIssuer(ctx.db, 'leb', (tx) =>
      sql`update invoice_counter set last = last + 1 where issuer_id = 'leb'`.execute(tx),
    )
    const atTheEnd = await check()
    expect(atTheEnd.faults).toMatchObject([{ what: 'the last invoice is 2, the counter says 3' }])
    const { invoiceId } = await sell()
    await inIssuer(ctx.db, 'leb', (tx) =>
      sql`insert into issued_pdf (issuer_id, paper_id, pdf, sha256, made_at)
          values ('leb', ${invoiceId}, 'not it', repeat('0', 64), now())`.execute(tx),
    )
    const found = await check()
    expect(found.exit).toBe(1)
    expect(found.faults.map((fault) => fault.what)).toEqual([
      '3 invoices have numbers 1 to 4',
      'the kept PDF is not the one its SHA-256 names',
    ])
  })

  it('names a number that an imported card has too', async () => {
    const { number, accountRef } = await sell()
    const { cardId } = await seedCard(ctx, { accountRef: `${accountRef}-OLD` })
    await inIssuer(ctx.db, 'leb', (tx) =>
      sql`update card set invoice_no = ${number} where issuer_id = 'leb' and card_id = ${cardId}`.execute(tx),
    )
    expect((await check()).faults).toContainEqual({
      issuer: 'leb',
      number,
      what: 'the former system gave this number too',
    })
  })
})

it('gives no link for a closure that nobody declared', async () => {
  await expect(invoicesLinkCommand(ctx, { closure: 'LEB-0000-00000', json: false })).rejects.toThrow(
    /no closure has the number/,
  )
})
