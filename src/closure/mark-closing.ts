import type { Tx } from '../platform/db.ts'

/** Cards of a closure that is the holder's own: from now on they are on their way out. */
export async function markCardsClosing(tx: Tx, issuerId: string, cardIds: string[]): Promise<void> {
  if (cardIds.length === 0) return
  await tx
    .updateTable('card')
    .set({ state: 'closing' })
    .where('issuer_id', '=', issuerId)
    .where('card_id', 'in', cardIds)
    .where('state', '=', 'open')
    .execute()
}
