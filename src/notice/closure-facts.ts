import type { Covers } from '../closure/closure-view.ts'
import { last_reminder_after_days } from '../payout/ask-for-account.ts'
import { wantsAccount } from '../payout/closures-without-account.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { claimUntil } from '../policy/clocks.ts'
import { policyByVersion } from '../policy/policy.ts'
import type { AccountWanted } from './account-wanted-words.ts'
import type { ClosureFacts } from './letters.ts'
import { dayIfMailedAt } from './name-it-by.ts'

export type FactsAndHolder = ClosureFacts & {
  holderId: string
  waitsForCode: boolean
  isDecided: boolean
  cardEnded: boolean
  waitsForAccount: boolean
  /** How far the reminders are; null where no account was asked for. */
  reminder: { isLast: boolean; lineEndsAt: Date | null } | null
  /** Null where no account is waited for, or where that was asked before a day was told. */
  wanted: AccountWanted | null
}

type Which = {
  issuerId: string
  closureId: string
  locale: 'zh-CN' | 'en'
  /** The mail asks for an account, and moves the day on where it leaves late (name-it-by.ts). */
  asks?: boolean
}

/** What a mail may say of a closure, and whose it is; undefined when there is none. */
export async function readClosureFacts(
  ctx: Context,
  tx: Tx,
  which: Which,
): Promise<FactsAndHolder | undefined> {
  const row = await tx
    .selectFrom('closure')
    .innerJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'closure.issuer_id').onRef('a.account_id', '=', 'closure.account_id'),
    )
    .select([
      'number',
      'declared_at',
      'due_at',
      'zone',
      'closure.state',
      'identity',
      'received_by',
      'a.holder_id',
    ])
    .select(['bank_asked_at', 'bank_reminders', wantsAccount.as('wants_account')])
    .select(['account_wanted_until', 'covers', 'policy_version'])
    .where('closure.issuer_id', '=', which.issuerId)
    .where('closure.closure_id', '=', which.closureId)
    .executeTakeFirst()
  if (!row) return undefined
  const cards = await tx
    .selectFrom('closure_card as k')
    .innerJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'k.issuer_id').onRef('c.card_id', '=', 'k.card_id'),
    )
    .select(['c.plan', 'c.iccid'])
    .where('k.issuer_id', '=', which.issuerId)
    .where('k.closure_id', '=', which.closureId)
    .execute()
  const { account_wanted_until: told } = row
  const isMoved = which.asks === true && told !== null
  const wantedUntil = isMoved ? dayIfMailedAt({ ...row, account_wanted_until: told }, ctx.clock.now()) : told
  return {
    holderId: row.holder_id,
    waitsForCode: row.state === 'declared' && row.identity !== 'issuer_decision',
    isDecided: row.identity === 'issuer_decision',
    cardEnded: row.received_by === 'expiry',
    waitsForAccount: row.wants_account,
    reminder: row.bank_asked_at && {
      isLast: row.bank_reminders === 2,
      lineEndsAt:
        row.state === 'closed'
          ? null
          : new Date(row.bank_asked_at.getTime() + last_reminder_after_days * 86_400_000),
    },
    wanted: wantedUntil && {
      until: wantedUntil,
      claimUntil: claimUntil(policyByVersion(row.policy_version), wantedUntil),
      covers: row.covers as Covers,
      ends: row.state !== 'closed',
      slipCounts: row.identity !== 'not_signed_in',
    },
    number: row.number,
    declaredAt: row.declared_at,
    dueAt: row.due_at,
    zone: row.zone,
    cards: cards.map((card) => ({ plan: card.plan, last4: card.iccid.slice(-4) })),
    progressUrl: progressUrl(ctx, which.issuerId, which.locale, row.number),
  }
}

export function progressUrl(ctx: Context, issuerId: string, locale: string, number: string): string {
  return `${ctx.config.publicUrl}/${issuerId}/${locale}/closures/${number}`
}
