import type pg from 'pg'
import { openFileKeys } from './adapters/keys/file.ts'
import type { KeyStore } from './adapters/keys/port.ts'
import { rfc3161 } from './adapters/timestamp/rfc3161.ts'
import { openProviders } from './adapters/open-providers.ts'
import { openWatch } from './closure/watch.ts'
import { listIssuers } from './issuer/issuer.ts'
import { refuseLostKeys, refuseOtherKeys } from './issuer/refuse-lost-keys.ts'
import { secretsNamed } from './issuer/secrets-named.ts'
import { systemClock } from './platform/clock.ts'
import { type Context, workerName } from './platform/context.ts'
import { checkDatabase, type Db, openDb, openPool } from './platform/db.ts'
import { startEmbeddedPostgres } from './platform/embedded-postgres.ts'
import type { Config } from './platform/env.ts'
import { SetupError } from './platform/errors.ts'
import { ignoredSettings } from './platform/ignored-settings.ts'
import { makeIds } from './platform/ids.ts'
import { openJobs } from './platform/jobs.ts'
import { type Log, makeLog } from './platform/log.ts'
import { makeFolder } from './platform/make-folder.ts'
import { migrate } from './platform/migrate.ts'
import { readRights } from './platform/rights.ts'

/** A running LEB without its doors: what every command starts with and stops last. */
export type App = { ctx: Context; databaseUrl: string; migrated: string[]; stop(): Promise<void> }

export type Part = 'serve' | 'work' | 'command'

/**
 * Opens database, keys, queues and providers as the config says; migrates first. Throws SetupError in one
 * sentence when something of the operator's is wrong.
 * @param check throws where the start is not to go on; asked while there is nothing to stop but the database
 */
export async function openApp(config: Config, part: Part, check = () => {}): Promise<App> {
  const clock = systemClock
  const log = makeLog(config.logLevel)
  const server = config.databaseUrl
    ? undefined
    : await startEmbeddedPostgres({ dir: config.dataDir, tell: (words) => log.warn(words) })
  const databaseUrl = config.databaseUrl ?? server!.url
  let pool: pg.Pool | undefined
  try {
    check()
    await checkDatabase(databaseUrl)
    const migrated = await migrate(databaseUrl)
    check()
    const { role, wrong } = await readRights(databaseUrl)
    if (!role)
      log.warn(
        'the database user may not become leb_app, so triggers alone guard the journal (docs/operate/install.md, two lines mend it)',
      )
    if (wrong.length > 0) log.warn('leb_app has other rights than it should', { reason: wrong[0] })
    const opened = openPool(databaseUrl, config.pool, part, role)
    pool = opened
    const db = openDb(opened)
    await tellIgnoredSettings(db, log, part)
    const keys = await openKeys(config, db, log)
    const jobs = openJobs(databaseUrl, log, part === 'work')
    await jobs.start()
    const providers = openProviders(db, config.keysDir)
    const ctx: Context = {
      config,
      clock,
      log,
      pool: opened,
      db,
      keys,
      jobs,
      providers,
      watch: openWatch(databaseUrl),
      ids: makeIds(clock),
      worker: workerName(clock),
    }
    return {
      ctx,
      databaseUrl,
      migrated,
      async stop() {
        await ctx.watch.close()
        await jobs.stop()
        providers.close()
        await opened.end()
        await server?.stop()
      },
    }
  } catch (error) {
    await pool?.end().catch(() => undefined)
    await server?.stop()
    throw error
  }
}

async function tellIgnoredSettings(db: Db, log: Log, part: Part): Promise<void> {
  const named = (await listIssuers(db)).flatMap(({ providers }) => secretsNamed(providers))
  // A command may be the one that adds the issuer whose secrets are set already.
  const sentence = ignoredSettings({ named, all: part !== 'command' })
  if (sentence) log.warn('a variable of the environment has no effect', { sentence })
}

async function makeKeysFolder(dir: string): Promise<void> {
  await makeFolder(dir, 0o700).catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(
      `the folder for keys ${dir} can't be made (${error.code}): choose another with LEB_KEYS`,
    )
  })
}

/** The keys of this installation and no other's; made only where there is nobody yet whom they could lock out. */
async function openKeys(config: Config, db: Db, log: Log): Promise<KeyStore> {
  await refuseLostKeys(db, config.keysDir)
  await makeKeysFolder(config.keysDir)
  const onTrouble = (reason: string) =>
    log.warn('no time stamp was to be had, so seals bear our own time only for a minute', { reason })
  const keys = await openFileKeys({
    dir: config.keysDir,
    now: () => systemClock.now(),
    ...(config.timestampUrl && { timestamp: rfc3161({ url: config.timestampUrl, onTrouble }) }),
  })
  await refuseOtherKeys(db, keys, config.keysDir)
  return keys
}
