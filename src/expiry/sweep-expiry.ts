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

/**
 * Warns, ends and gives back what is due in all issuers, until nothing is. For the minute job; any number of
 * processes at once. What fails for one issuer waits for the next minute and holds up no other.
 */
export async function sweepExpiry(ctx: Context): Promise<void> {
  for (const issuer of await listIssuers(ctx.db)) {
    try {
      await sweepIssuer(ctx, issuer)
    } catch (error) {
      ctx.log.error('expiry was not swept to its end', { issuer: issuer.issuerId, ...errorFields(error) })
    }
  }
}

async function sweepIssuer(ctx: Context, issuer: Issuer): Promise<void> {
  await tellDue(ctx, issuer.issuerId)
  const until = new Date(ctx.clock.now().getTime() - grace_seconds * 1000)
  const ended = countCards(await lapseDue(ctx, issuer, until))
  const refunds = await refundExpired(ctx, issuer)
  if (ended > 0) ctx.log.info('cards ended', { issuer: issuer.issuerId, count: ended, refunds })
}
