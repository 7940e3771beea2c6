import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyStoreError } from './port.ts'

const VERSIONED = /^keys\.(\d+)\.json$/

export type Versioned<T> = { version: number; state: T }

const errno = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

const unusable = (dir: string, error: unknown): KeyStoreError =>
  new KeyStoreError(
    'folder_unusable',
    `The key folder ${dir} cannot be used: ${errno(error) ?? String(error)}`,
  )

const writeTemp = async (dir: string, data: string | Uint8Array, mode: number): Promise<string> => {
  const path = join(dir, `.${randomUUID()}.tmp`)
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(data)
    await file.sync()
  } finally {
    await file.close()
  }
  return path
}

/** Replaces a public file in one step; readers see the old or the new one, never half. */
export const publish = async (dir: string, name: string, data: string | Uint8Array): Promise<void> => {
  await rename(await writeTemp(dir, data, 0o644), join(dir, name))
}

export const makeFolder = async (dir: string): Promise<void> => {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw unusable(dir, error)
  }
}

const versions = async (dir: string): Promise<number[]> => {
  try {
    const names = await readdir(dir)
    return names.flatMap((name) => (VERSIONED.test(name) ? [Number(VERSIONED.exec(name)![1])] : []))
  } catch (error) {
    if (errno(error) === 'ENOENT') return []
    throw unusable(dir, error)
  }
}

/** Whether any state lies in the folder; false also where there is no folder. */
export const hasState = async (dir: string): Promise<boolean> => (await versions(dir)).length > 0

/** The newest state in the folder, or undefined where there is none. */
export const readState = async <T>(dir: string): Promise<Versioned<T> | undefined> => {
  const found = await versions(dir)
  if (found.length === 0) return undefined
  const version = Math.max(...found)
  const path = join(dir, `keys.${version}.json`)
  try {
    return { version, state: JSON.parse(await readFile(path, 'utf8')) as T }
  } catch (error) {
    // A rotation in another process removes the old file only after the new one stands: look again.
    if (errno(error) === 'ENOENT') return readState(dir)
    if (error instanceof SyntaxError) throw new KeyStoreError('state_unreadable', `${path} is not JSON`)
    throw unusable(dir, error)
  }
}

/**
 * Writes `state` as the version after `base` and removes the older files, so that a retired private key is gone.
 * False where another process was first: link(2) refuses an existing name, which makes this a compare-and-swap
 * without a lock that a killed process could leave behind.
 */
export const writeNextState = async <T>(dir: string, base: number, state: T): Promise<boolean> => {
  await makeFolder(dir)
  const temp = await writeTemp(dir, JSON.stringify(state, null, 1), 0o600).catch((error: unknown) => {
    throw unusable(dir, error)
  })
  try {
    await link(temp, join(dir, `keys.${base + 1}.json`))
  } catch (error) {
    if (errno(error) === 'EEXIST') return false
    throw unusable(dir, error)
  } finally {
    await rm(temp, { force: true })
  }
  const present = await versions(dir)
  if (Math.max(...present) > base + 1) {
    // Others wrote and cleared away our version while we were slow: theirs is the truth, ours was never seen.
    await rm(join(dir, `keys.${base + 1}.json`), { force: true })
    return false
  }
  for (const old of present) if (old <= base) await rm(join(dir, `keys.${old}.json`), { force: true })
  return true
}

/** Changes whenever a file of the folder was added or removed; cheap enough to ask before every seal. */
export const folderStamp = async (dir: string): Promise<string> => {
  const { ino, mtimeMs } = await stat(dir).catch((error: unknown) => {
    throw unusable(dir, error)
  })
  return `${ino}:${mtimeMs}`
}
