import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

const most_at_once = 500
// Whoever has the mail before them enters the code within minutes; a day later it is forgotten.
const remind_after_hours = 24

/**
 * A declaration counts also while its code is not entered, so it never lapses once its holder was signed in; but nobody
 * may forget it. The holder is reminded after a day. At the deadline they are told that it still waits for them, and it
 * is support's turn, as with every closure that is late. (Declared without signing in, it lapses: unproved.ts.)
 */
export async function remindUnproved(ctx: Context): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    await inIssuer(ctx.db, issuerId, async (tx) => {
      const now = ctx.clock.now()
      const waiting = await tx
        .selectFrom('closure')
        .select(['closure_id', 'locale', 'due_at'])
        .where('issuer_id', '=', issuerId)
        // Word for word as in the index closure_waits_for_code, which a parameter could not be seen to match.
        .where(sql<boolean>`state = 'declared' and identity = 'signed_in' and code_reminders < 2`)
        .where((e) =>
          e.or([
            e('due_at', '<', now),
            e.and([
              e('code_reminders', '=', 0),
              e('declared_at', '<=', new Date(now.getTime() - remind_after_hours * 3_600_000)),
            ]),
          ]),
        )
        .orderBy('declared_at')
        .limit(most_at_once)
        .forNoKeyUpdate()
        .skipLocked()
        .execute()
      for (const closure of waiting) {
        const [closureId, locale] = [closure.closure_id, closure.locale as 'zh-CN' | 'en']
        const isLate = closure.due_at < now
        await tx
          .updateTable('closure')
          .set({ code_reminders: isLate ? 2 : 1 })
          .where('issuer_id', '=', issuerId)
          .where('closure_id', '=', closureId)
          .execute()
        await queueNotice(ctx, tx, { issuerId, closureId, kind: 'code_wanted', locale })
        if (isLate)
          await queueNotice(ctx, tx, { issuerId, closureId, kind: 'code_wanted_support', locale: 'en' })
      }
    })
  }
}
