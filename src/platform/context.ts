import { hostname } from 'node:os'
import type pg from 'pg'
import type { KeyStore } from '../adapters/keys/port.ts'
import type { Providers } from '../adapters/providers.ts'
import type { Watch } from '../closure/watch.ts'
import type { Clock } from './clock.ts'
import type { Db } from './db.ts'
import type { Config } from './env.ts'
import type { Ids } from './ids.ts'
import type { Jobs } from './jobs.ts'
import type { Log } from './log.ts'

/** Everything a feature may reach, built once from the config (src/app.ts) and overridable in tests. */
export type Context = {
  config: Config
  clock: Clock
  ids: Ids
  log: Log
  pool: pg.Pool
  db: Db
  keys: KeyStore
  jobs: Jobs
  providers: Providers
  watch: Watch
  /** Who writes journal rows: host, process, start. */
  worker: string
}

export function workerName(clock: Clock): string {
  return `${hostname().slice(0, 24)}:${process.pid}:${clock.now().getTime().toString(36)}`
}
