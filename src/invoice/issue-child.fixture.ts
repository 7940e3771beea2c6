// A process of its own that issues invoices and is killed while the last one's transaction is open.
import type { Context } from '../platform/context.ts'
import { inIssuer, openDb, openPool } from '../platform/db.ts'
import { makeIds } from '../platform/ids.ts'
import { issueInvoice } from './issue-invoice.ts'
import { invoiceFor, type SoldCard } from './orders.fixture.ts'

const [url, sold, at] = process.argv.slice(2) as [string, string, string]
const pool = openPool(url, 1, 'child')
const clock = { now: () => new Date(at) }
const ctx = { clock, ids: makeIds(clock), pool, db: openDb(pool) } as Context
const orders = JSON.parse(sold) as SoldCard[]
for (const [which, order] of orders.entries()) {
  await inIssuer(ctx.db, order.issuerId, async (tx) => {
    const { number } = await issueInvoice(ctx, tx, invoiceFor(order))
    process.stdout.write(`${number}\n`)
    if (which === orders.length - 1) await new Promise(() => setInterval(() => undefined, 1000))
  })
}
