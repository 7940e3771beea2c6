import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it. Node's own `recursive` goes round for ever where a folder can't be made below
 * one that is there and says ENOENT (/proc, some network file systems).
 */
export async function makeFolder(dir: string, mode?: number): Promise<void> {
  const error = await mkdir(dir, { mode }).catch((fault: NodeJS.ErrnoException) => fault)
  if (!error || error.code === 'EEXIST') return
  const above = dirname(dir)
  if (error.code !== 'ENOENT' || existsSync(above)) throw error
  await makeFolder(above, mode)
  await makeFolder(dir, mode)
}
