import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

/**
 * The issuer gives a card up whose holder declared it signed in and never came back with the code: its own decision
 * stands in the place of that proof, and what the holder declared, with its slip and its day, goes on. Of a closing that
 * covers more than this card, or that somebody declared without signing in, it decides nothing.
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
      .where('identity', '=', 'signed_in')
      .where('covers', '=', 'card')
      .returning('closure_id')
      .executeTakeFirst()
    if (!decided) return false
    await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
    return true
  })
}
