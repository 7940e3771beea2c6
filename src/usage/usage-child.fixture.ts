// A process of its own that takes a usage file in and is killed half-way: by itself, so that it is half-way on any
// machine.
import { openFileKeys } from '../adapters/keys/file.ts'
import { systemClock } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { openDb, openPool } from '../platform/db.ts'
import { makeIds } from '../platform/ids.ts'
import { openJobs } from '../platform/jobs.ts'
import { makeLog } from '../platform/log.ts'
import { importUsage } from './import-usage.ts'

const [url, file, rejects, keysDir, killAfter] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]
const pool = openPool(url, 4, 'child')
const jobs = openJobs(url, makeLog('silent'), false)
await jobs.start()
const clock = systemClock
const keys = await openFileKeys({ dir: keysDir, now: () => clock.now() })
const ctx = { clock, ids: makeIds(clock), pool, db: openDb(pool), jobs, keys } as Context
await importUsage(ctx, {
  file,
  rejects,
  batchRows: 10,
  onProgress({ summary }) {
    // A moment later, so that it is in the middle of something.
    if (summary.taken >= Number(killAfter)) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5)
  },
})
await jobs.stop()
await pool.end()
