// A process of its own that takes usage off cards batch by batch, four at a time, and kills itself after so many: in the
// gate, on any machine.
import { createHash } from 'node:crypto'
import { systemClock } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, openDb, openPool } from '../platform/db.ts'
import { makeIds } from '../platform/ids.ts'
import { postUsage, type UsageLine } from './post-usage.ts'

const [url, batches, killAfter, ...cards] = process.argv.slice(2) as [string, string, string, ...string[]]
const pool = openPool(url, 4, 'child')
const db = openDb(pool)
const ctx = { clock: systemClock, ids: makeIds(systemClock), db } as Context

const lineOf = (batch: number, at: number): UsageLine => {
  const cardId = cards[at % cards.length]!
  const recordKey = `kill:${batch}:${at}`
  return {
    recordKey,
    hash: createHash('sha256').update(recordKey).digest(),
    cardId,
    gross: 3n,
    net: 2n,
    tax: 1n,
    late: false,
  }
}
let done = 0
const work = Array.from({ length: Number(batches) }, (_, batch) => async () => {
  const lines = Array.from({ length: 20 }, (_none, at) => lineOf(batch, at))
  await inIssuer(db, 'leb', (tx) => postUsage(ctx, tx, 'leb', lines))
  if (++done === Number(killAfter)) process.kill(process.pid, 'SIGKILL')
})
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (let next = work.shift(); next; next = work.shift()) await next()
  }),
)
await pool.end()
