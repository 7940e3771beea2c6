import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../adapters/answer.ts'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { errorFields } from '../platform/log.ts'
import { TMF641_LISTENER } from './door.ts'

type Subscribing = { subscribe(callbackUrl: string): Promise<Answer<{ hubId: string }>> }

const first_pause_ms = 1_000
const longest_pause_ms = 60_000

export type Hubs = {
  /** Issuers whose provider has taken our listener. */
  registered: ReadonlySet<string>
  stop(): Promise<void>
}

/**
 * Asks each issuer's line provider to tell us when an order changes. Best effort, tried again for ever in the
 * background: closures are polled anyway, events only make them faster.
 * @param doorUrl where providers reach the door, without a slash at the end
 */
export function registerHubs(ctx: Context, doorUrl: string): Hubs {
  const stopping = new AbortController()
  const registered = new Set<string>()
  const one = async (issuerId: string) => {
    for (
      let pause = first_pause_ms;
      !stopping.signal.aborted;
      pause = Math.min(pause * 2, longest_pause_ms)
    ) {
      try {
        const line = await ctx.providers.of(issuerId).line()
        if (!('subscribe' in line)) return
        const answer = await (line as unknown as Subscribing).subscribe(
          `${doorUrl}/${issuerId}${TMF641_LISTENER}`,
        )
        if (answer.kind === 'done') {
          registered.add(issuerId)
          return
        }
        ctx.log.debug('line provider took no listener', { issuer: issuerId, state: answer.kind })
      } catch (error) {
        ctx.log.debug('line provider took no listener', { issuer: issuerId, ...errorFields(error) })
      }
      await sleep(pause, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    }
  }
  const all = listIssuers(ctx.db)
    .then((issuers) => Promise.all(issuers.map(({ issuerId }) => one(issuerId))))
    .catch((error) => ctx.log.warn('issuers could not be read for their listeners', errorFields(error)))
  return {
    registered,
    async stop() {
      stopping.abort()
      await all
    },
  }
}
