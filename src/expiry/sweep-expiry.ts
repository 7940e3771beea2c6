import { type Issuer, listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { errorFields } from '../platform/log.ts'
import { countCards, lapseDue } from './lapse-due.ts'
import { refundExpired } from './refund-expired.ts'
import { tellDue } from './tell-due.ts'

/**
 * A declaration made in the last second before a card ends is typeset and sealed after it. So long the sweep waits:
 * then what was declared in time is written, and the card is left alone.
 */
export const grace_seconds = 60

/** The minute job has deadlines to watch again by then: a backlog goes on in the next minute. */
const sweeps_for_ms = 45_000

/**
 * Warns, ends and gives back what is due in all issuers, in any number of processes at once. What fails for one issuer
 * waits for the next minute and holds up no other, nor does a backlog: each issuer has its share of the time, and who
 * used it up goes on in what the others left.
 */
export async function sweepExpiry(ctx: Context, forMs = sweeps_for_ms): Promise<void> {
  const endsAt = performance.now() + forMs
  let waiting = await listIssuers(ctx.db)
  do waiting = await sweepEach(ctx, waiting, endsAt)
  while (waiting.length > 0 && performance.now() < endsAt)
}

/** Answers the issuers that had no time to come to their end. */
async function sweepEach(ctx: Context, issuers: Issuer[], endsAt: number): Promise<Issuer[]> {
  const unfinished: Issuer[] = []
  for (const [at, issuer] of issuers.entries()) {
    const started = performance.now()
    const share = Math.max(0, endsAt - started) / (issuers.length - at)
    try {
      await sweepIssuer(ctx, issuer, share)
      if (performance.now() - started >= share) unfinished.push(issuer)
    } catch (error) {
      ctx.log.error('expiry was not swept to its end', { issuer: issuer.issuerId, ...errorFields(error) })
    }
  }
  return unfinished
}

async function sweepIssuer(ctx: Context, issuer: Issuer, forMs: number): Promise<void> {
  const started = performance.now()
  // Many warnings leave lapsing half of the time at least.
  await tellDue(ctx, issuer.issuerId, forMs / 2)
  const until = new Date(ctx.clock.now().getTime() - grace_seconds * 1000)
  const rest = forMs - (performance.now() - started)
  const ended = countCards(await lapseDue(ctx, issuer, until, rest))
  const refunds = await refundExpired(ctx, issuer)
  if (ended > 0) ctx.log.info('cards ended', { issuer: issuer.issuerId, count: ended, refunds })
}
