import { setTimeout as sleep } from 'node:timers/promises'
import { SetupError } from '../platform/errors.ts'

// A machine that does much else is slow, not broken: by the clock, not by turns, and longer than it ever took.
const patience_ms = 120_000
const look_every_ms = 50

/** Looks until there is an answer. Throws SetupError with `trouble` after two minutes, or when it is told to stop. */
export async function waitFor<T>(
  look: () => Promise<T | undefined>,
  trouble: string,
  stop?: AbortSignal,
): Promise<T> {
  const until = performance.now() + patience_ms
  while (performance.now() < until && !stop?.aborted) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(look_every_ms)
  }
  throw new SetupError(`${trouble} (waited for two minutes)`)
}
