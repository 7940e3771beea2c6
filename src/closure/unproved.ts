import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
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

/**
 * The holder, or the issuer, declares these cards: what nobody has proved gives way in the same transaction. Waits
 * for a proof that is being made at this moment; when that one wins, it is proved and stays.
 */
export async function giveWay(ctx: Context, tx: Tx, issuerId: string, cardIds: string[]): Promise<void> {
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
