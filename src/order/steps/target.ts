import type { Tx } from '../../platform/db.ts'
import type { OrderCase } from '../order-case.ts'

/** The card that was bought or added to, and its account. */
export type Given = { cardId: string; accountId: string; accountRef: string }

/** The card that a top-up or an add-on is for. */
export async function readTarget(tx: Tx, { order }: OrderCase): Promise<Given> {
  const row = await tx
    .selectFrom('card as c')
    .innerJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
    )
    .select(['c.card_id', 'c.account_id', 'a.account_ref'])
    .where('c.issuer_id', '=', order.issuer_id)
    .where('c.card_id', '=', order.card_id)
    .executeTakeFirstOrThrow()
  return { cardId: row.card_id, accountId: row.account_id, accountRef: row.account_ref }
}
