import { queueNotice } from '../notice/queue-notice.ts'
import { first_reminder_after_days, last_reminder_after_days } from '../payout/ask-for-account.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { accountWantedUntil } from '../policy/clocks.ts'
import type { Policy } from '../policy/policy-schema.ts'

const day_ms = 86_400_000

export type Asking = {
  issuerId: string
  closureId: string
  policy: Policy
  declaredAt: Date
  /** IANA zone in which its holder is told times. */
  zone: string
  locale: 'zh-CN' | 'en'
}

/**
 * A closure's money waits for an account that only its holder can name: the mail that asks for it is queued, and the
 * answer is what to note of the closure. From here the days to the reminders and to the last day count anew. The closure
 * is locked by the caller.
 */
export async function askHolder(ctx: Context, tx: Tx, asking: Asking) {
  const { issuerId, closureId, policy, declaredAt, zone, locale } = asking
  const now = ctx.clock.now()
  const lastReminderAt = new Date(now.getTime() + last_reminder_after_days * day_ms)
  await queueNotice(ctx, tx, { issuerId, closureId, kind: 'bank_details', locale })
  return {
    bank_asked_at: now,
    bank_reminders: 0,
    bank_told_at: null,
    account_wanted_until: accountWantedUntil(policy, { declaredAt, lastReminderAt, zone }),
  }
}

/** What comes up before this is in both reminders. */
export const firstReminderAt = (askedAt: Date): Date =>
  new Date(askedAt.getTime() + first_reminder_after_days * day_ms)

export const isReminderDue = (askedAt: Date | null, now: Date): boolean =>
  askedAt !== null && firstReminderAt(askedAt) <= now
