import type { Tx } from '../platform/db.ts'

/**
 * Whether and how an account's cards have ended, as one text that changes when expiry touches one of them. Who tells
 * a holder what a card's money will do reads it before, and again under the cards' locks.
 */
export async function howCardsEnded(
  tx: Tx,
  { issuerId, accountId, cardIds }: { issuerId: string; accountId: string; cardIds: string[] | 'account' },
): Promise<string> {
  if (cardIds.length === 0) return '[]'
  const rows = await tx
    .selectFrom('card')
    .select(['card_id', 'lapsed_at', 'kept_until'])
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .$if(cardIds !== 'account', (q) => q.where('card_id', 'in', cardIds as string[]))
    .where('lapsed_at', 'is not', null)
    .orderBy('card_id')
    .execute()
  return JSON.stringify(rows)
}
