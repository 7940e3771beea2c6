import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import type { CardState } from './card-state.ts'

/** One look serves all lines of an issuer: hundreds of cards may run dry in one batch. */
export const lines_look = 'lines'
/** Use that was under way when the line went off may be reported with such a time; later use means it is on. */
const after_cut_ms = 10 * 60_000

/**
 * Puts down, in the batch's own transaction, which lines must go off because their cards ran dry, and wakes the
 * worker. Cards that are being closed are left alone: their lines are the closure's. A card that is off already stays
 * so, unless it was used well after it went off: then the network has it on, and it is cut again.
 */
export async function noteDryCards(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  cards: CardState[],
  now: Date,
): Promise<void> {
  const dry = cards.flatMap((card) => {
    if (card.state !== 'open' || !card.dry) return []
    const { usedAt, until } = card.dry
    // A day that is over by now has given way to one with data again.
    return until !== null && until <= now.getTime() ? [] : [{ cardId: card.cardId, usedAt, until }]
  })
  if (dry.length === 0) return
  const { numAffectedRows } = await sql`
    insert into dry_cut as known (issuer_id, card_id, wish, dried_at, until, next_at)
    select ${issuerId}, r.card_id, 1, to_timestamp(r.used_ms / 1000.0), to_timestamp(r.until_ms / 1000.0), ${now}
      from unnest(
        ${dry.map((one) => one.cardId)}::uuid[],
        ${dry.map((one) => one.usedAt)}::bigint[],
        ${dry.map((one) => one.until)}::bigint[]) as r (card_id, used_ms, until_ms)
     order by r.card_id
    on conflict (issuer_id, card_id) do update
       set wish = known.wish + case when known.wish % 2 = 0 then 1 else 2 end,
           asked = case when known.wish % 2 = 0 then known.asked else known.wish + 1 end,
           told = case when known.wish % 2 = 0 then known.told else known.wish + 1 end,
           dried_at = excluded.dried_at, until = excluded.until, next_at = excluded.next_at, failures = 0, refused = null
     where known.wish % 2 = 0
        or (known.told = known.wish
            and excluded.dried_at > known.cut_at + ${after_cut_ms} * interval '1 millisecond')`.execute(tx)
  if (numAffectedRows && numAffectedRows > 0n) await ctx.jobs.look(tx, 'line', { issuerId, id: lines_look })
}

/**
 * For whoever gives a card money, data, minutes or messages: a line that was cut because the card ran dry is switched
 * on again. Does nothing for a card that was not cut. The transaction is bound to the card's issuer.
 */
export async function bringBack(ctx: Context, tx: Tx, cardId: string): Promise<void> {
  const now = ctx.clock.now()
  const row = await tx
    .updateTable('dry_cut')
    .set((e) => ({ wish: e('wish', '+', 1), until: null, next_at: now, failures: 0, refused: null }))
    .where('issuer_id', '=', sql<string>`leb_issuer()`)
    .where('card_id', '=', cardId)
    .where(sql<boolean>`wish % 2 = 1`)
    .returning('issuer_id')
    .executeTakeFirst()
  if (row) await ctx.jobs.look(tx, 'line', { issuerId: row.issuer_id, id: lines_look })
}
