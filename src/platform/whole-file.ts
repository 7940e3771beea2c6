import { rmSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { SetupError } from './errors.ts'

/**
 * Writes a file that gets its name when `work` is through, and is not there before: until then it is `PATH.part`, readable
 * by its owner only, which goes when `work` throws or the process is told to stop. One that is still there was left by a
 * process that had no time for that (kill -9): it is replaced. Of two that write the same file at once the later one
 * counts. Throws SetupError in one sentence where it can't be written.
 */
export async function writeWhole<T>(
  path: string,
  work: (write: (text: string) => Promise<void>) => Promise<T>,
): Promise<T> {
  const unfinished = `${path}.part`
  const sayIn = (error: unknown): never => {
    const { code } = error as NodeJS.ErrnoException
    throw new SetupError(`${path} can't be written (${code}): choose another file`)
  }
  await rm(unfinished, { force: true }).catch(sayIn)
  // Never into a file that is there: it may be open to others, or somebody else's.
  const file = await open(unfinished, 'wx', 0o600).catch(sayIn)
  const { dev, ino } = await file.stat()
  const isOurs = () => {
    const there = statSync(unfinished, { throwIfNoEntry: false })
    return there?.dev === dev && there.ino === ino
  }
  const tidy = () => {
    if (isOurs()) rmSync(unfinished, { force: true })
  }
  const listenNoMore = onStop(tidy)
  try {
    const done = await work((text) => file.appendFile(text).catch(sayIn))
    await file.sync().catch(sayIn)
    if (!isOurs()) throw new SetupError(`${path} is written by somebody else at this moment`)
    await rename(unfinished, path).catch(sayIn)
    return done
  } catch (error) {
    tidy()
    throw error
  } finally {
    listenNoMore()
    await file.close()
  }
}

const ends = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Whoever listens already decides when the process ends; where nobody does, it ends as it would have. */
function onStop(tidy: () => void): () => void {
  const heard = ends.map((signal) => {
    const isAlone = process.listenerCount(signal) === 0
    const hear = () => {
      tidy()
      if (isAlone) process.kill(process.pid, signal)
    }
    process.once(signal, hear)
    return () => process.off(signal, hear)
  })
  return () => heard.forEach((stopListening) => stopListening())
}
