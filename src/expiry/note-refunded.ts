import type { Tx } from '../platform/db.ts'

/**
 * Notes that the money of these cards is on its way back by a closing, of those for which that was due. The card's row
 * first, as whoever adds days or declares a closing does it: their triggers write the end after it.
 */
export async function noteRefunded(tx: Tx, issuerId: string, cardIds: string[]): Promise<void> {
  // A statement of its own: after it ends are read as they are, also of a card that days have just brought back.
  await tx
    .selectFrom('card')
    .select('card_id')
    .where('issuer_id', '=', issuerId)
    .where('card_id', 'in', cardIds)
    .orderBy('card_id')
    .forNoKeyUpdate()
    .execute()
  await tx
    .updateTable('card as c')
    .set({ ended_for_good: true })
    .where('c.issuer_id', '=', issuerId)
    .where('c.card_id', 'in', cardIds)
    .where((where) =>
      where.exists(
        where
          .selectFrom('card_end as n')
          .select('n.card_id')
          .where('n.issuer_id', '=', issuerId)
          .whereRef('n.card_id', '=', 'c.card_id')
          .where('n.outcome', '=', 'refund_due'),
      ),
    )
    .execute()
  await tx
    .updateTable('card_end')
    .set({ outcome: 'refunded' })
    .where('issuer_id', '=', issuerId)
    .where('card_id', 'in', cardIds)
    .where('outcome', '=', 'refund_due')
    .execute()
}
