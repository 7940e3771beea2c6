import type { Tx } from '../platform/db.ts'

type Cards = { issuerId: string; accountId: string; cardIds: string[] | 'account' }

/**
 * Whether and how an account's cards have ended, as one text that changes when expiry touches one of them. Who tells
 * a holder what a card's money will do reads it before, and again under the cards' locks.
 */
export async function howCardsEnded(tx: Tx, { issuerId, accountId, cardIds }: Cards): Promise<string> {
  if (cardIds.length === 0) return '[]'
  const rows = await tx
    .selectFrom('card as c')
    .innerJoin('card_end as n', (j) =>
      j.onRef('n.issuer_id', '=', 'c.issuer_id').onRef('n.card_id', '=', 'c.card_id'),
    )
    .select(['n.card_id', 'n.lapsed_at', 'n.kept_until'])
    .where('c.issuer_id', '=', issuerId)
    .where('c.account_id', '=', accountId)
    .$if(cardIds !== 'account', (q) => q.where('c.card_id', 'in', cardIds as string[]))
    .where('n.lapsed_at', 'is not', null)
    .orderBy('n.card_id')
    .execute()
  return JSON.stringify(rows)
}

/** Whether one of them has ended and its money is still to go back by itself. What it reads is in `howCardsEnded`, too. */
export async function moneyGoesBack(tx: Tx, { issuerId, cardIds }: Cards): Promise<boolean> {
  const row = await tx
    .selectFrom('card_end')
    .select('card_id')
    .where('issuer_id', '=', issuerId)
    .where('card_id', 'in', cardIds as string[])
    .where('outcome', '=', 'refund_due')
    .executeTakeFirst()
  return row !== undefined
}
