// A process of its own that lets cards lapse a few at a time, for the test that kills it in the middle.
import { findIssuer } from '../issuer/issuer.ts'
import { systemClock } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { openDb, openPool } from '../platform/db.ts'
import { makeIds } from '../platform/ids.ts'
import { countCards, lapseSome } from './lapse-due.ts'

const [url, until] = process.argv.slice(2) as [string, string]
const pool = openPool(url, 2, 'child')
const clock = { now: () => new Date(until) }
const ctx = { clock, ids: makeIds(systemClock), pool, db: openDb(pool) } as Context
const issuer = (await findIssuer(ctx.db, 'leb'))!
for (let ended = -1; ended !== 0;) {
  ended = countCards(await lapseSome(ctx, issuer, clock.now(), 7))
  process.stdout.write(`${ended}\n`)
}
await pool.end()
