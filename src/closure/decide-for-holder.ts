import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { becomeHolders } from './become-holders.ts'

/**
 * The issuer gives a card up whose holder declared it signed in and never came back with the code, or for which somebody
 * declared a withdrawal in time without signing in: its own decision stands in the place of that proof, and what was
 * declared, with its slip and its day, goes on. Of a closing that covers more than this card, and of
 * anything else that somebody declared without signing in, it decides nothing.
 * Answers whether the closure is on its way now.
 */
export function decideForHolder(
  ctx: Context,
  { issuerId, closureId }: { issuerId: string; closureId: string },
): Promise<boolean> {
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const cards = await tx
      .selectFrom('closure_card')
      .select('card_id')
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .execute()
    if (cards.length !== 1) return false
    const decided = await tx
      .updateTable('closure')
      .set({ state: 'identified', identified_at: ctx.clock.now(), proved_by: 'issuer' })
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('state', '=', 'declared')
      .where('covers', '=', 'card')
      .where((where) =>
        where.or([
          where('identity', '=', 'signed_in'),
          where.and([
            where('identity', '=', 'not_signed_in'),
            sql<boolean>`money_rules->>'withdrawn' = 'true'`,
          ]),
        ]),
      )
      .returningAll()
      .executeTakeFirst()
    if (!decided) return false
    if (decided.identity === 'not_signed_in') await becomeHolders(tx, decided)
    await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
    return true
  })
}
