import { isGivenUpOn } from '../payout/closures-without-account.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { accountWantedUntil } from '../policy/clocks.ts'
import { policyByVersion } from '../policy/policy.ts'
import type { NoticeKind } from './queue-notice.ts'

/**
 * Until when an account can be named counts from when the mail that tells it has left, not from when it was queued: a
 * mail server may have been away for weeks (docs/adr/0035).
 */

const reminder: NoticeKind = 'bank_details_reminder'

/** Mails of a closure that ask its holder for an account and tell until when one can be named. */
export const asksForAccount = (kind: NoticeKind): boolean => kind === 'bank_details' || kind === reminder

// Mail servers themselves give up after four or five days (RFC 5321, 4.5.4.1); one that is away for longer may come back.
const given_up_after_days = 14

/** No mail server has taken it for two weeks: from then on the closure waits for it no longer. */
export const isGivenUp = (kind: NoticeKind, firstTriedAt: Date | null, now: Date): boolean =>
  kind === reminder &&
  firstTriedAt !== null &&
  now.getTime() - firstTriedAt.getTime() >= given_up_after_days * 86_400_000

type Asked = {
  account_wanted_until: Date
  declared_at: Date
  policy_version: string
  zone: string
}

/** The day that a mail tells which leaves now: the one that was told, or two weeks ahead if that is later. */
export function dayIfMailedAt(closure: Asked, now: Date): Date {
  const until = accountWantedUntil(policyByVersion(closure.policy_version), {
    declaredAt: closure.declared_at,
    lastReminderAt: now,
    zone: closure.zone,
  })
  return closure.account_wanted_until > until ? closure.account_wanted_until : until
}

type Ended = { issuerId: string; closureId: string; kind: NoticeKind; state: 'sent' | 'refused' }

/**
 * A mail that asks is out, or will never be: its holder, or staff in their place, have two weeks from here. That the last
 * reminder can't be delivered is news to staff, also where they were told before that nobody answers.
 */
export async function putOffDay(ctx: Context, tx: Tx, ended: Ended): Promise<void> {
  const { issuerId, closureId, kind, state } = ended
  if (!asksForAccount(kind)) return
  const closure = await tx
    .selectFrom('closure')
    .select(['account_wanted_until', 'declared_at', 'policy_version', 'zone'])
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  const { account_wanted_until: told } = closure ?? {}
  if (!closure || !told) return
  const until = dayIfMailedAt({ ...closure, account_wanted_until: told }, ctx.clock.now())
  const which = tx
    .updateTable('closure')
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
  await which.set({ account_wanted_until: until }).execute()
  if (state === 'refused') await which.set({ bank_told_at: null }).where(isGivenUpOn).execute()
}
