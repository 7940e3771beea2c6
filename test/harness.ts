import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { openFileKeys } from '../src/adapters/keys/file.ts'
import type { Providers } from '../src/adapters/providers.ts'
import { type Issuer, putIssuer } from '../src/issuer/issuer.ts'
import { sampleIssuers } from '../src/issuer/sample-issuers.ts'
import { openWatch } from '../src/closure/watch.ts'
import type { Clock } from '../src/platform/clock.ts'
import type { Context } from '../src/platform/context.ts'
import { openDb, openPool } from '../src/platform/db.ts'
import { readConfig } from '../src/platform/env.ts'
import { makeIds } from '../src/platform/ids.ts'
import { openJobs } from '../src/platform/jobs.ts'
import { makeLog } from '../src/platform/log.ts'

/** A clock that stands still until it is moved. */
export type TestClock = Clock & {
  advance(step: { seconds?: number; hours?: number; days?: number }): void
  set(at: Date): void
}

export function testClock(start = '2026-11-22T10:00:00Z'): TestClock {
  let at = new Date(start)
  return {
    now: () => new Date(at),
    set: (to) => void (at = to),
    advance: ({ seconds = 0, hours = 0, days = 0 }) =>
      void (at = new Date(at.getTime() + ((days * 24 + hours) * 3600 + seconds) * 1000)),
  }
}

export type TestWorld = Context & {
  clock: TestClock
  databaseUrl: string
  issuers: Issuer[]
  stop(): Promise<void>
}
type Overrides = { providers?: Providers; start?: string; issuers?: Issuer[] }

/** A context on a database of its own (a clone of the migrated template), with the sample issuers set up. */
export async function openTestWorld(overrides: Overrides = {}): Promise<TestWorld> {
  const base = inject('postgresUrl')
  const name = `t_${randomBytes(8).toString('hex')}`
  await asMaintenance(base, (client) =>
    client.query(`create database ${name} template ${inject('templateDatabase')}`),
  )
  const databaseUrl = base.replace(/\/[^/]*$/, `/${name}`)
  const dir = await mkdtemp(join(tmpdir(), 'leb-keys-'))
  const clock = testClock(overrides.start)
  const log = makeLog('silent')
  const pool = openPool(databaseUrl, 8, 'test')
  const db = openDb(pool)
  const keys = await openFileKeys({ dir, now: () => clock.now() })
  const issuers = overrides.issuers ?? sampleIssuers()
  for (const issuer of issuers) {
    await putIssuer(db, issuer, clock.now())
    await keys.ensureIssuer({ id: issuer.issuerId, name: issuer.name.en })
  }
  const jobs = openJobs(databaseUrl, log, false)
  await jobs.start()
  const providers = overrides.providers ?? noProviders
  const watch = openWatch(databaseUrl)
  return {
    config: readConfig({ LEB_DATA: dir, DATABASE_URL: databaseUrl, LEB_LOG: 'silent' }),
    clock,
    ids: makeIds(clock),
    log,
    pool,
    db,
    keys,
    jobs,
    providers,
    watch,
    worker: 'test',
    databaseUrl,
    issuers,
    async stop() {
      await watch.close()
      await jobs.stop()
      providers.close()
      await db.destroy()
      // As the superuser: a test may have logged in as one, and nobody else may end what is left of that session.
      await asMaintenance(inject('postgresAdminUrl'), (client) =>
        client.query(`drop database ${name} with (force)`),
      )
      await rm(dir, { recursive: true, force: true })
    },
  }
}

const noProviders: Providers = {
  of: () => {
    throw new Error('this test gave no providers')
  },
  close: () => undefined,
}

async function asMaintenance(base: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: base.replace(/\/[^/]*$/, '/postgres') })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
