import { sql } from 'kysely'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

export const first_reminder_after_days = 3
/** From then on it is staff's turn. */
export const last_reminder_after_days = 14

/**
 * Whose next reminder to name an account is due: a condition on rows that have `bank_asked_at` and `bank_reminders` (orders,
 * closures), and whether the one that is due is the last.
 */
export function remindersDue(now: Date) {
  const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000)
  const last = daysAgo(last_reminder_after_days)
  return {
    // Begins word for word as the indexes' own condition, which a parameter could not be seen to match.
    isDue: sql<boolean>`bank_asked_at is not null and bank_reminders < 2 and (bank_asked_at <= ${last}
      or bank_reminders = 0 and bank_asked_at <= ${daysAgo(first_reminder_after_days)})`,
    isLast: (askedAt: Date | null) => askedAt !== null && askedAt <= last,
  }
}

/**
 * An order's money waits for a bank account that only its buyer can name: said the moment that is so, and the days until
 * they are reminded count from here (order/remind-of-account.ts). The order is locked by the caller.
 */
export async function askForAccount(
  ctx: Context,
  tx: Tx,
  of: { issuerId: string; orderId: string },
): Promise<void> {
  const { issuerId, orderId } = of
  const { rows } = await sql<{ locale: 'zh-CN' | 'en' }>`
    update purchase_order set bank_asked_at = ${ctx.clock.now()}, bank_reminders = 0
     where issuer_id = ${issuerId} and order_id = ${orderId}
    returning locale`.execute(tx)
  await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_wants_account', locale: rows[0]!.locale })
}
