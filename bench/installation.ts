import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFileKeys } from '../src/adapters/keys/file.ts'
import { openWatch } from '../src/closure/watch.ts'
import type { Providers } from '../src/adapters/providers.ts'
import { systemClock } from '../src/platform/clock.ts'
import type { Context } from '../src/platform/context.ts'
import { openDb, openPool } from '../src/platform/db.ts'
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts'
import { readConfig } from '../src/platform/env.ts'
import { makeIds } from '../src/platform/ids.ts'
import { openJobs } from '../src/platform/jobs.ts'
import { makeLog } from '../src/platform/log.ts'
import { migrate } from '../src/platform/migrate.ts'
import { connectIssuers, type Installation } from '../test/crash/installation.ts'
import { buildProgram, type OutsideProcess, type Program, startOutside } from '../test/crash/processes.ts'

export type BenchInstallation = Installation & {
  program: Program
  outside: OutsideProcess
  /** The PostgreSQL server's first process. */
  postgresPid: number
  stop(): Promise<void>
}

const noProviders: Providers = {
  of: () => {
    throw new Error('a bench calls no provider by itself')
  },
  close: () => undefined,
}

/**
 * A whole installation in a folder of its own: PostgreSQL as `leb serve` starts it (fsync on), keys, issuers, the
 * simulated world as a process. Nothing of it is left after `stop`.
 * @param settings of the server, instead of those that LEB gives it
 */
export async function openInstallation(
  simOptions: string[],
  settings: Record<string, string> = {},
): Promise<BenchInstallation> {
  const dir = await mkdtemp(join(tmpdir(), 'leb-bench-run-'))
  await chmod(dir, 0o755)
  const program = await buildProgram()
  const outside = await startOutside(program, ['--lazy-currency', 'cny', '--keep-mails', '0', ...simOptions])
  const server = await startEmbeddedPostgres({ dir, settings })
  const postgresPid = await readPostmasterPid(dir)
  const isStopped = endWithUs(postgresPid)
  await migrate(server.url)
  const keysDir = join(dir, 'keys')
  await mkdir(keysDir, { mode: 0o700 })
  const clock = systemClock
  const pool = openPool(server.url, 16, 'bench')
  const db = openDb(pool)
  const log = makeLog('error')
  const keys = await openFileKeys({ dir: keysDir, now: () => clock.now() })
  const jobs = openJobs(server.url, log, false)
  await jobs.start()
  const watch = openWatch(server.url)
  const config = readConfig({ LEB_DATA: dir, LEB_KEYS: keysDir, DATABASE_URL: server.url })
  const ids = makeIds(clock)
  const ctx: Context = {
    config,
    clock,
    ids,
    log,
    pool,
    db,
    keys,
    jobs,
    providers: noProviders,
    watch,
    worker: 'bench',
  }
  await connectIssuers(ctx, outside.at)
  return {
    ctx,
    databaseUrl: server.url,
    keysDir,
    at: outside.at,
    program,
    outside,
    postgresPid,
    async stop() {
      await watch.close()
      await jobs.stop()
      await db.destroy()
      await server.stop()
      isStopped()
      await outside.stop()
      await program.remove()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/**
 * Ctrl-C in the middle of a bench: the server is in a group of its own and would run on; all others see that we ended.
 * Returns what is to be said once it is stopped, for its number may then be another's.
 */
function endWithUs(postgresPid: number): () => void {
  const end = () => process.kill(postgresPid, 'SIGINT')
  process.once('exit', end)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  return () => void process.off('exit', end)
}

/** Settings of the server as a bench is given them: `--set shared_buffers=1GB`. */
export function readSettings(given: string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((one) => {
      const [, name, value] = /^([a-z_.]+)=(.+)$/.exec(one) ?? []
      if (name === undefined || value === undefined) throw new Error(`--set ${one}: name=value is meant`)
      return [name, value]
    }),
  )
}

async function readPostmasterPid(dir: string): Promise<number> {
  const text = await readFile(join(dir, 'pg', 'postmaster.pid'), 'utf8')
  return Number(text.split('\n')[0])
}
