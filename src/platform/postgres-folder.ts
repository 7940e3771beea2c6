import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { SetupError } from './errors.ts'
import { makeFolder } from './make-folder.ts'

/** The data folder of the embedded PostgreSQL: who owns it, who may enter, who starts or stops its server. */

const run = promisify(execFile)

/** The user a server runs as, where it must not be the one who runs LEB. */
export type Owner = { uid: number; gid: number } | undefined

/** As root: the user PostgreSQL runs as, made when missing. As anyone else: nobody to change to. */
export async function serverUser(): Promise<Owner> {
  if (process.getuid?.() !== 0) return undefined
  const find = async () => {
    const line = (await readFile('/etc/passwd', 'utf8'))
      .split('\n')
      .find((row) => row.startsWith('postgres:'))
    const [, , uid, gid] = line?.split(':') ?? []
    return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined
  }
  const known = await find()
  if (known) return known
  await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']).catch(() => undefined)
  const made = await find()
  if (!made)
    throw new SetupError(
      'PostgreSQL refuses to run as root and no user postgres could be made: run LEB as another user or set DATABASE_URL',
    )
  return made
}

export async function prepareFolder(dir: string, owner: Owner): Promise<void> {
  try {
    await makeFolder(dir)
    await writeFile(join(dir, '.writable'), '')
    await rm(join(dir, '.writable'))
  } catch (error) {
    throw new SetupError(
      `the data folder ${dir} can't be written (${(error as NodeJS.ErrnoException).code}): choose another with LEB_DATA`,
    )
  }
  if (owner) await checkReachable(dir, owner)
}

/** What is in the way of a new database may be somebody's: it is never removed. */
export async function checkEmpty(data: string): Promise<void> {
  const names = await readdir(data).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new SetupError(
      `${data} can't be read (${error.code}): move it away or choose another folder with LEB_DATA`,
    )
  })
  if (names.length > 0)
    throw new SetupError(
      `${data} is no database and not empty: move it away or choose another folder with LEB_DATA`,
    )
}

/** The server's user must be able to walk down to its data: a 0700 home above it is the usual obstacle. */
async function checkReachable(dir: string, owner: NonNullable<Owner>): Promise<void> {
  for (let at = resolve(dir); at !== dirname(at); at = dirname(at)) {
    const info = await stat(at)
    const bits = info.uid === owner.uid ? 0o100 : info.gid === owner.gid ? 0o010 : 0o001
    if (info.mode & bits) continue
    throw new SetupError(
      `PostgreSQL runs as user postgres, who may not enter ${at}: put the data elsewhere with LEB_DATA, or run LEB as an ordinary user`,
    )
  }
}

/** One process at a time starts or stops the server of a folder; a lock left by a dead process is taken over. */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, 'postgres.lock')
  for (let tries = 0; tries < 600; tries++) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(String(process.pid))
      await file.close()
      return () => rm(path, { force: true })
    } catch (error) {
      ignoreExisting(error as NodeJS.ErrnoException)
      const holder = Number(await readFile(path, 'utf8').catch(() => ''))
      if (holder && !isAlive(holder)) await rm(path, { force: true })
      else await pause(100)
    }
  }
  throw new SetupError(`another LEB has been starting on ${dir} for a minute: stop it, or remove ${path}`)
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export async function readOrMakePassword(dir: string): Promise<string> {
  const path = join(dir, 'postgres.password')
  const known = await readFile(path, 'utf8').catch(() => undefined)
  if (known) return known.trim()
  if (existsSync(join(dir, 'pg', 'PG_VERSION'))) {
    throw new SetupError(
      `the data folder ${dir} has a database but lacks postgres.password: restore the file or choose another folder with LEB_DATA`,
    )
  }
  const password = randomBytes(24).toString('base64url')
  await writeFile(path, password, { mode: 0o600 })
  return password
}

export function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
