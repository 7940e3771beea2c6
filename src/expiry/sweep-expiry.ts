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
 * Warns, ends and gives back what is due in all issuers. For the minute job; any number of processes at once. What
 * fails for one issuer waits for the next minute and holds up no other, nor does a backlog that takes longer.
 */
export async function sweepExpiry(ctx: Context): Promise<void> {
  const endsAt = performance.now() + sweeps_for_ms
  const issuers = await listIssuers(ctx.db)
  for (const [at, issuer] of issuers.entries()) {
    try {
      const share = Math.max(0, endsAt - performance.now()) / (issuers.length - at)
      await sweepIssuer(ctx, issuer, share)
    } catch (error) {
      ctx.log.error('expiry was not swept to its end', { issuer: issuer.issuerId, ...errorFields(error) })
    }
  }
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
