import type { Context } from './platform/context.ts'
import { SetupError } from './platform/errors.ts'
import type { Look, Queue } from './platform/jobs.ts'
import { errorFields } from './platform/log.ts'

// What is wrong with the set-up meets every look that needs it, each tried again within a minute: a line for each would
// bury all else, and a line an hour could be missed.
const same_fault_every_minutes = 10

/** Tells the log why a look failed: each fault of ours with its place, one of the operator's once in a while. */
export function logFailedLooks({
  clock,
  log,
}: Pick<Context, 'clock' | 'log'>): (queue: Queue, look: Look, error: unknown) => void {
  const quietUntil = new Map<string, number>()
  const isToldAlready = (queue: Queue, look: Look, error: unknown) => {
    if (!(error instanceof SetupError)) return false
    const fault = `${queue} ${look.issuerId} ${error.message}`
    const now = clock.now().getTime()
    if (now < (quietUntil.get(fault) ?? 0)) return true
    quietUntil.set(fault, now + same_fault_every_minutes * 60_000)
    return false
  }
  return (queue, look, error) => {
    if (isToldAlready(queue, look, error)) return
    log.error('a look failed and will be tried again', {
      queue,
      issuer: look.issuerId,
      [queue === 'closure' ? 'closure' : 'look']: look.id,
      ...errorFields(error),
    })
  }
}
