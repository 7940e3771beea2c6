// A process of its own that imports a file and is killed half-way: by itself, so that it is half-way on any machine.
import { openFileKeys } from '../adapters/keys/file.ts'
import { systemClock } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { openDb, openPool } from '../platform/db.ts'
import { makeIds } from '../platform/ids.ts'
import { importFleet } from './import-fleet.ts'

const [url, keysDir, file, rejects, killAfter] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
]
const pool = openPool(url, 4, 'child')
const clock = systemClock
const keys = await openFileKeys({ dir: keysDir, now: () => clock.now() })
const ctx = { clock, ids: makeIds(clock), pool, db: openDb(pool), keys } as Context
await importFleet(ctx, {
  file,
  rejects,
  batchRows: 20,
  onProgress({ summary }) {
    // A moment later, so that it is in the middle of something.
    if (summary.imported >= Number(killAfter)) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 5)
  },
})
await pool.end()
