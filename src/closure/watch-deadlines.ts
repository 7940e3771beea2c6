import { listIssuers } from '../issuer/issuer.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

// A sweep's share; what is over waits a minute.
const most_at_once = 500

/**
 * Late? Support steps in by itself: every closure past its deadline is noticed once, its holder and the issuer's
 * support are told, and it is looked at again at once in case only a look was missing.
 */
export async function watchDeadlines(ctx: Context): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    await inIssuer(ctx.db, issuerId, async (tx) => {
      const now = ctx.clock.now()
      const late = await tx
        .selectFrom('closure')
        .select(['closure_id', 'locale'])
        .where('issuer_id', '=', issuerId)
        .where('due_at', '<', now)
        .where('closed_at', 'is', null)
        .where('undone_at', 'is', null)
        .where('identified_at', 'is not', null)
        .where('late_noticed_at', 'is', null)
        .orderBy('due_at')
        .limit(most_at_once)
        .forUpdate()
        .skipLocked()
        .execute()
      for (const { closure_id: closureId, locale } of late) {
        await tx
          .updateTable('closure')
          .set({ late_noticed_at: now })
          .where('issuer_id', '=', issuerId)
          .where('closure_id', '=', closureId)
          .execute()
        await queueNotice(ctx, tx, { issuerId, closureId, kind: 'late', locale: locale as 'zh-CN' | 'en' })
        await queueNotice(ctx, tx, { issuerId, closureId, kind: 'late_support', locale: 'en' })
        await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
      }
    })
  }
}
