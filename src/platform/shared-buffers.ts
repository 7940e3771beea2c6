import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { SetupError } from './errors.ts'

/** PostgreSQL's own default, which starts nearly anywhere. */
const least_mb = 128
/** What thirty million cards' usage goes through; past it the system's own cache does as well. */
const most_mb = 16_384

/**
 * A quarter of the memory that this process may use, as PostgreSQL's manual advises (19.4.1), and no more than helps:
 * it is taken page by page, as books grow, so that a small installation on a large machine stays small.
 */
export function sharedBuffersMb(): number {
  const limit = process.constrainedMemory()
  const usable = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return Math.min(Math.max(Math.floor(usable / 4 / 2 ** 20), least_mb), most_mb)
}

/** The system does not give a server that much shared memory; another size may do. */
export class SharedMemoryRefused extends SetupError {}

/** Why a server ended before it was ready, from what it wrote into its log after the first `before` bytes. */
export async function whyItEnded(logFile: string, before: number): Promise<SetupError> {
  const words = await readFile(logFile).catch(() => Buffer.alloc(0))
  const sentence = `PostgreSQL did not start; its own words are in ${logFile}`
  // Its messages are English: initdb runs with --locale=C.
  return words.subarray(before).includes('could not map anonymous shared memory')
    ? new SharedMemoryRefused(sentence)
    : new SetupError(sentence)
}

/**
 * Launches a server with the memory that it should have, and with the least where the system refuses that much: strict
 * accounting (vm.overcommit_memory=2) or a limit on the process may, though the machine has it. `tell` hears of it.
 */
export async function withSharedMemory<T>(
  launch: (sharedBuffers: string) => Promise<T>,
  tell = onStderr,
): Promise<T> {
  const wished_mb = sharedBuffersMb()
  return launch(`${wished_mb}MB`).catch((error: unknown) => {
    if (!(error instanceof SharedMemoryRefused) || wished_mb === least_mb) throw error
    tell(
      `the system refuses PostgreSQL ${wished_mb} MB of shared memory, so it starts with ${least_mb} MB: allow more, or large books will be slow (docs/operate/install.md)`,
    )
    return launch(`${least_mb}MB`)
  })
}

const onStderr = (words: string): void => void process.stderr.write(`leb: ${words}\n`)
