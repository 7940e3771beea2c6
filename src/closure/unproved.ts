import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import type { MoneyRules } from '../policy/money-rules.ts'
import type { ClosureRow } from './case.ts'
import { undoWithin } from './undo.ts'

/** Declarations made without signing in that nobody has proved: they hold a place, never the holder (adr/0010). */

const most_at_once = 500

function unproved(tx: Tx, issuerId: string) {
  return (
    tx
      .selectFrom('closure')
      .selectAll()
      .where('issuer_id', '=', issuerId)
      // Word for word as in the index closure_unproved, which a parameter could not be seen to match.
      .where(sql<boolean>`identity = 'not_signed_in' and state = 'declared'`)
  )
}

/** Whether a withdrawal of a card waits that was declared in time: its rules were pinned with it (holders-law.ts). */
export const hasWithdrawalWaiting = (issuerId: string, card: string) => sql<boolean>`exists (
  select from closure_card k join closure o using (issuer_id, closure_id)
   where k.issuer_id = ${issuerId} and k.card_id = ${sql.ref(card)} and k.live
     and o.identity = 'not_signed_in' and o.state = 'declared' and o.money_rules->>'withdrawn' = 'true')`

/**
 * The issuer was to decide over a card for which somebody declared a withdrawal in time, without signing in: its decision
 * takes nothing from that. `leb close` decides for its holder (decide-for-holder.ts); who refunds what has ended waits.
 */
export class WithdrawalWaits extends Error {
  readonly closureId: string
  readonly number: string
  constructor(closure: ClosureRow) {
    super('a withdrawal waits for its code')
    this.closureId = closure.closure_id
    this.number = closure.number
  }
}

/**
 * The holder, or the issuer, declares these cards: what nobody has proved gives way in the same transaction, but for a
 * withdrawal to the issuer. Waits for a proof that is being made at this moment; when that one wins, it is proved and
 * stays. Throws WithdrawalWaits.
 */
export async function giveWay(
  ctx: Context,
  tx: Tx,
  declared: { issuerId: string; cardIds: string[]; to: 'signed_in' | 'issuer_decision' },
): Promise<void> {
  const { issuerId, cardIds, to } = declared
  if (cardIds.length === 0) return
  const standing = await unproved(tx, issuerId)
    .where('closure_id', 'in', (q) =>
      q
        .selectFrom('closure_card')
        .select('closure_id')
        .where('issuer_id', '=', issuerId)
        .where('card_id', 'in', cardIds)
        .where(sql<boolean>`live`),
    )
    .orderBy('closure_id')
    .forNoKeyUpdate()
    .execute()
  const withdrawal = standing.find(({ money_rules }) => (money_rules as MoneyRules | null)?.withdrawn)
  if (withdrawal && to === 'issuer_decision') throw new WithdrawalWaits(withdrawal)
  for (const closure of standing) await undoWithin(ctx, tx, closure, 'holder_declared')
}

/** Frees the cards of declarations that waited for their code longer than the issuer's `unproved_days`. */
export async function lapseUnproved(ctx: Context): Promise<number> {
  let lapsed = 0
  for (const { issuerId, rules } of await listIssuers(ctx.db)) {
    const before = new Date(ctx.clock.now().getTime() - rules.unproved_days * 86_400_000)
    lapsed += await inIssuer(ctx.db, issuerId, async (tx) => {
      const over = await unproved(tx, issuerId)
        .where('declared_at', '<', before)
        .orderBy('declared_at')
        .limit(most_at_once)
        .forNoKeyUpdate()
        .skipLocked()
        .execute()
      for (const closure of over) {
        await undoWithin(ctx, tx, closure, 'never_proved')
        const [closureId, locale] = [closure.closure_id, closure.locale as 'zh-CN' | 'en']
        await queueNotice(ctx, tx, { issuerId, closureId, kind: 'lapsed', locale })
      }
      return over.length
    })
  }
  return lapsed
}
