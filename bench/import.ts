import { createWriteStream } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import { openFileKeys } from '../src/adapters/keys/file.ts'
import { fleetColumns } from '../src/card/fleet-columns.ts'
import { importFleet } from '../src/card/import-fleet.ts'
import { sampleFleet } from '../src/card/sample-fleet.ts'
import { putIssuer } from '../src/issuer/issuer.ts'
import { sampleIssuers } from '../src/issuer/sample-issuers.ts'
import { systemClock } from '../src/platform/clock.ts'
import type { Context } from '../src/platform/context.ts'
import { openDb, openPool } from '../src/platform/db.ts'
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts'
import { makeIds } from '../src/platform/ids.ts'
import { migrate } from '../src/platform/migrate.ts'

export type ImportSpeed = { rows: number; rowsPerSecond: number; seconds: number; rssMb: number[] }

/** Imports a generated fleet into a fresh PostgreSQL, fsync on. `rssMb` is sampled at each tenth of the file. */
export async function measureImport(rows: number): Promise<ImportSpeed> {
  const dir = await mkdtemp(join(tmpdir(), 'leb-bench-import-'))
  await chmod(dir, 0o755)
  const file = join(dir, 'fleet.csv')
  const text = stringify({ header: true, columns: [...fleetColumns] })
  await pipeline(Readable.from(sampleFleet(rows)), text, createWriteStream(file))
  const server = await startEmbeddedPostgres({ dir })
  const clock = systemClock
  const pool = openPool(server.url, 8, 'bench')
  try {
    await migrate(server.url)
    const keys = await openFileKeys({ dir: join(dir, 'keys'), now: () => clock.now() })
    const db = openDb(pool)
    for (const issuer of sampleIssuers()) {
      await putIssuer(db, issuer, clock.now())
      await keys.ensureIssuer({ id: issuer.issuerId, name: issuer.name.en })
    }
    const ctx = { clock, ids: makeIds(clock), pool, db, keys } as Context
    const rssMb: number[] = []
    const start = performance.now()
    const summary = await importFleet(ctx, {
      file,
      rejects: join(dir, 'rejects.csv'),
      onProgress: ({ bytes, ofBytes }) => {
        if (bytes >= ((rssMb.length + 1) * ofBytes) / 10)
          rssMb.push(Math.round(process.memoryUsage.rss() / 1e6))
      },
    })
    if (summary.imported !== rows) throw new Error(`${summary.imported} of ${rows} rows were imported`)
    const seconds = (performance.now() - start) / 1000
    return { rows, rowsPerSecond: Math.round(rows / seconds), seconds, rssMb }
  } finally {
    await pool.end()
    await server.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

if (import.meta.main) console.log(JSON.stringify(await measureImport(Number(process.argv[2] ?? 10_000))))
