// A process of its own that lets cards lapse a few at a time and is killed in the middle: by itself, so that it is the
// middle on any machine.
import { setTimeout as sleep } from 'node:timers/promises'
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
const lapse = () => lapseSome(ctx, issuer, clock.now(), 7)
for (let calls = 0; calls < 3; calls++)
  if (countCards(await lapse()) === 0) throw new Error('nothing was due')
await Promise.race([lapse(), sleep(5)])
process.kill(process.pid, 'SIGKILL')
