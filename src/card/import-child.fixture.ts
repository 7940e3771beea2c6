// A process of its own that imports a file, for the test that kills it half-way.
import { openFileKeys } from '../adapters/keys/file.ts'
import { systemClock } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { openDb, openPool } from '../platform/db.ts'
import { makeIds } from '../platform/ids.ts'
import { importFleet } from './import-fleet.ts'

const [url, keysDir, file, rejects] = process.argv.slice(2) as [string, string, string, string]
const pool = openPool(url, 4, 'child')
const clock = systemClock
const keys = await openFileKeys({ dir: keysDir, now: () => clock.now() })
const ctx = { clock, ids: makeIds(clock), pool, db: openDb(pool), keys } as Context
await importFleet(ctx, {
  file,
  rejects,
  batchRows: 20,
  onProgress: ({ summary }) => void process.stdout.write(`${summary.imported}\n`),
})
await pool.end()
