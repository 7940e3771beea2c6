import { sweepRequests } from './api/once.ts'
import { sweepPapersLinks } from './invoice/papers-link.ts'
import { sweepAccess } from './holder/sweep-access.ts'
import { sweepExpiry } from './expiry/sweep-expiry.ts'
import { sweepHolds } from './ledger/holds.ts'
import { sweepPayments } from './payment/sweep-payments.ts'
import { lapseOrders } from './order/lapse-orders.ts'
import { remindOfAccount } from './order/remind-of-account.ts'
import { tellHeldUp } from './order/tell-held-up.ts'
import { lapseUnproved } from './closure/unproved.ts'
import { keepUnanswered } from './closure/keep-unanswered.ts'
import { remindHolders } from './closure/remind-of-account.ts'
import { remindUnproved } from './closure/remind-unproved.ts'
import { watchDeadlines } from './closure/watch-deadlines.ts'
import { burnOldFiles } from './payout/file-envelope.ts'
import { destroyRetired } from './privacy/retention.ts'
import { forgetUsage } from './usage/forget-usage.ts'
import type { Context } from './platform/context.ts'
import { errorFields } from './platform/log.ts'

/** In this order; expiry last: with a million cards it takes most of the minute. */
const sweeps: ((ctx: Context) => Promise<unknown>)[] = [
  watchDeadlines,
  remindUnproved,
  lapseUnproved,
  sweepAccess,
  sweepHolds,
  sweepRequests,
  sweepPapersLinks,
  destroyRetired,
  burnOldFiles,
  sweepPayments,
  lapseOrders,
  tellHeldUp,
  remindOfAccount,
  remindHolders,
  keepUnanswered,
  forgetUsage,
  sweepExpiry,
]

/** What becomes due by the clock alone. One that fails is told to the log, holds up no other, and is tried again in a minute. */
export async function sweepAll(ctx: Context): Promise<void> {
  for (const sweep of sweeps)
    try {
      await sweep(ctx)
    } catch (error) {
      ctx.log.error('a sweep failed and is tried again', { sweep: sweep.name, ...errorFields(error) })
    }
}
