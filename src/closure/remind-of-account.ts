import { sql } from 'kysely'
import { queueNotice } from '../notice/queue-notice.ts'
import { remindersDue } from '../payout/ask-for-account.ts'
import { wantsAccount } from '../payout/closures-without-account.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { accountWantedUntil } from '../policy/clocks.ts'
import { policyByVersion } from '../policy/policy.ts'
import { eachDue } from './each-due.ts'

/**
 * A holder who was asked for the account that a closure's money goes to (steps/wait-for-transfer.ts) and has named none
 * is reminded after three days, and for the last time after fourteen: from then on staff see it (payment/tell-staff.ts),
 * and line and eSIM wait no longer (story.ts). Each reminder tells until when an account can be named, and the last one
 * leaves two weeks: after that the money is kept for them (keep-unanswered.ts). Where nobody is waited for any more it
 * ends without a word.
 */
export async function remindHolders(ctx: Context): Promise<void> {
  const { isDue, isLast } = remindersDue(ctx.clock.now())
  const due = { isDue: sql<boolean>`(${isDue} or ${wasToldNoDay})`, isLast }
  await eachDue(
    ctx,
    { sweep: 'remind_holders', isDue: due.isDue, first: 'bank_asked_at' },
    (tx, { issuerId, closureId }) => remind(ctx, tx, { issuerId, closureId, ...due }),
  )
}

/** Whose last reminder was out before reminders told a day (migration 0089) gets it once more, with the day. */
const wasToldNoDay = sql<boolean>`bank_asked_at is not null and bank_reminders = 2 and account_wanted_until is null`

type Due = { issuerId: string; closureId: string } & ReturnType<typeof remindersDue>

/** Under the lock that whoever names an account takes as well. */
async function remind(ctx: Context, tx: Tx, { issuerId, closureId, isDue, isLast }: Due): Promise<void> {
  const closure = await tx
    .selectFrom('closure')
    .select(['locale', 'zone', 'bank_asked_at', 'account_wanted_until', 'declared_at', 'policy_version'])
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where(isDue)
    .forNoKeyUpdate()
    .skipLocked()
    .executeTakeFirst()
  if (!closure) return
  // Asked under the lock, for an account may have been named while it was waited for.
  const wanted = await tx
    .selectFrom('closure')
    .select('closure_id')
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where(wantsAccount)
    .executeTakeFirst()
  const reminders = isLast(closure.bank_asked_at) ? 2 : 1
  await tx
    .updateTable('closure')
    .set(
      wanted
        ? { bank_reminders: reminders, account_wanted_until: wantedUntil(closure, ctx.clock.now()) }
        : { bank_asked_at: null, account_wanted_until: null },
    )
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
  if (!wanted) return
  const locale = closure.locale as 'zh-CN' | 'en'
  await queueNotice(ctx, tx, { issuerId, closureId, kind: 'bank_details_reminder', locale })
  // The last one lets the line go; any takes away that it could not be sent before (each-due.ts).
  await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
}

type Asked = {
  account_wanted_until: Date | null
  declared_at: Date
  policy_version: string
  zone: string
}

/** What was told holds, unless a reminder comes so late that it would leave no time. */
function wantedUntil(row: Asked, now: Date): Date {
  const policy = policyByVersion(row.policy_version)
  const from = { declaredAt: row.declared_at, lastReminderAt: now, zone: row.zone }
  const until = accountWantedUntil(policy, from)
  const told = row.account_wanted_until
  return told && told > until ? told : until
}
