import { listIssuers } from '../issuer/issuer.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

// What is mended within the hour is delivered, and that mail says more.
const tell_after_minutes = 60
// A sweep's share; what is over waits a minute.
const most_at_once = 200

/** Buyers who have paid and gone hear once that it takes longer, and by when their money is back if it is not mended. */
export async function tellHeldUp(ctx: Context): Promise<void> {
  const now = ctx.clock.now()
  const since = new Date(now.getTime() - tell_after_minutes * 60_000)
  for (const { issuerId } of await listIssuers(ctx.db))
    await inIssuer(ctx.db, issuerId, async (tx) => {
      const untold = tx
        .selectFrom('purchase_order')
        .select('order_id')
        .where('issuer_id', '=', issuerId)
        .where('state', '=', 'paid')
        .where('held_up_since', '<=', since)
        .where('held_up_buyer_told_at', 'is', null)
        .limit(most_at_once)
        .forUpdate()
        .skipLocked()
      const rows = await tx
        .updateTable('purchase_order')
        .set({ held_up_buyer_told_at: now })
        .where('issuer_id', '=', issuerId)
        .where('order_id', 'in', untold)
        .returning(['order_id', 'locale'])
        .execute()
      for (const { order_id: orderId, locale } of rows)
        await queueNotice(ctx, tx, {
          issuerId,
          orderId,
          kind: 'order_held_up',
          locale: locale as 'zh-CN' | 'en',
        })
    })
}
