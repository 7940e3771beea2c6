import { listIssuers } from '../issuer/issuer.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import { remindersDue } from '../payout/ask-for-account.ts'
import { wantsAccount } from '../payout/closures-without-account.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { accountWantedUntil } from '../policy/clocks.ts'
import { policyByVersion } from '../policy/policy.ts'
import { sql } from 'kysely'

// A sweep's share; what is over waits a minute.
const most_at_once = 200

/**
 * A holder who was asked for the account that a closure's money goes to (steps/wait-for-transfer.ts) and has named none
 * is reminded after three days, and for the last time after fourteen: from then on staff see it (payment/tell-staff.ts),
 * and line and eSIM wait no longer (story.ts). Each reminder tells until when an account can be named, and the last one
 * leaves two weeks: after that the money is kept for them (keep-unanswered.ts). Where nobody is waited for any more it
 * ends without a word.
 */
export async function remindHolders(ctx: Context): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db))
    await inIssuer(ctx.db, issuerId, async (tx) => {
      for (const closure of await due(ctx, tx, issuerId)) await remind(ctx, tx, closure)
    })
}

type Due = {
  issuerId: string
  closureId: string
  locale: 'zh-CN' | 'en'
  isLast: boolean
  isWanted: boolean
  /** Until when an account can be named, as this reminder tells it. */
  wantedUntil: Date
}

/** Whose last reminder was out before reminders told a day (migration 0089) gets it once more, with the day. */
const wasToldNoDay = sql<boolean>`bank_asked_at is not null and bank_reminders = 2 and account_wanted_until is null`

/** Locked: whoever names an account locks the closure as well. */
async function due(ctx: Context, tx: Tx, issuerId: string): Promise<Due[]> {
  const now = ctx.clock.now()
  const { isDue, isLast } = remindersDue(now)
  const rows = await tx
    .selectFrom('closure')
    .select([
      'closure_id',
      'locale',
      'bank_asked_at',
      'account_wanted_until',
      'declared_at',
      'policy_version',
    ])
    .where('issuer_id', '=', issuerId)
    .where((e) => e.or([isDue, wasToldNoDay]))
    .orderBy('bank_asked_at')
    .limit(most_at_once)
    .forNoKeyUpdate()
    .skipLocked()
    .execute()
  if (rows.length === 0) return []
  // Asked under the lock, for an account may have been named while it was waited for.
  const ids = rows.map((row) => row.closure_id)
  const wanted = await tx
    .selectFrom('closure')
    .select('closure_id')
    .where('issuer_id', '=', issuerId)
    .where('closure_id', 'in', ids)
    .where(wantsAccount)
    .execute()
  const isWanted = new Set(wanted.map((row) => row.closure_id))
  return rows.map((row) => ({
    issuerId,
    closureId: row.closure_id,
    locale: row.locale as Due['locale'],
    isLast: isLast(row.bank_asked_at),
    isWanted: isWanted.has(row.closure_id),
    wantedUntil: wantedUntil(row, now),
  }))
}

type Asked = { account_wanted_until: Date | null; declared_at: Date; policy_version: string }

/** What was told holds, unless a reminder comes so late that it would leave no time. */
function wantedUntil(row: Asked, now: Date): Date {
  const policy = policyByVersion(row.policy_version)
  const until = accountWantedUntil(policy, { declaredAt: row.declared_at, lastReminderAt: now })
  const told = row.account_wanted_until
  return told && told > until ? told : until
}

async function remind(ctx: Context, tx: Tx, closure: Due): Promise<void> {
  const { issuerId, closureId, locale, isLast, isWanted, wantedUntil: until } = closure
  await tx
    .updateTable('closure')
    .set(
      isWanted
        ? { bank_reminders: isLast ? 2 : 1, account_wanted_until: until }
        : { bank_asked_at: null, account_wanted_until: null },
    )
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
  if (!isWanted) return
  await queueNotice(ctx, tx, { issuerId, closureId, kind: 'bank_details_reminder', locale })
  if (isLast) await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
}
