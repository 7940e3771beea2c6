import { sql } from 'kysely'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

export const first_reminder_after_days = 3
/** From then on it is staff's turn. */
export const last_reminder_after_days = 14

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
