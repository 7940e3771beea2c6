import { listIssuers } from '../issuer/issuer.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import { remindersDue } from '../payout/ask-for-account.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { readOrder } from './read-order.ts'
import { moneyWithoutAccount } from './waiting-sums.ts'

// A sweep's share; what is over waits a minute.
const most_at_once = 200

/**
 * A buyer who was asked for the account that an order's money goes to (payout/ask-for-account.ts) and has named none is
 * reminded after three days, and for the last time after fourteen: from then on staff see it (payment/tell-staff.ts).
 * Where nobody is waited for any more it ends without a word.
 */
export async function remindOfAccount(ctx: Context): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db))
    await inIssuer(ctx.db, issuerId, async (tx) => {
      for (const order of await due(ctx, tx, issuerId)) await remind(ctx, tx, order)
    })
}

type Due = { issuerId: string; orderId: string; locale: 'zh-CN' | 'en'; isLast: boolean }

/** Locked: whoever names an account or takes a transfer locks the order as well. */
async function due(ctx: Context, tx: Tx, issuerId: string): Promise<Due[]> {
  const { isDue, isLast } = remindersDue(ctx.clock.now())
  const rows = await tx
    .selectFrom('purchase_order')
    .select(['order_id', 'locale', 'bank_asked_at'])
    .where('issuer_id', '=', issuerId)
    .where(isDue)
    .orderBy('bank_asked_at')
    .limit(most_at_once)
    .forNoKeyUpdate()
    .skipLocked()
    .execute()
  return rows.map((row) => ({
    issuerId,
    orderId: row.order_id,
    locale: row.locale as Due['locale'],
    isLast: isLast(row.bank_asked_at),
  }))
}

async function remind(ctx: Context, tx: Tx, { issuerId, orderId, locale, isLast }: Due): Promise<void> {
  const order = await readOrder(ctx, tx, { issuerId, orderId })
  const isWanted = order !== undefined && moneyWithoutAccount(order).length > 0
  await tx
    .updateTable('purchase_order')
    .set(isWanted ? { bank_reminders: isLast ? 2 : 1 } : { bank_asked_at: null })
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', orderId)
    .execute()
  if (isWanted) await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_account_reminder', locale })
}
