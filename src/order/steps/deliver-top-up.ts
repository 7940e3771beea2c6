import { houseAccount, lockCardBalance } from '../../ledger/accounts.ts'
import { post } from '../../ledger/post.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { bringBack } from '../../usage/dry-cut.ts'
import type { OrderCase } from '../order-case.ts'
import type { Given } from './deliver-card.ts'

/** orders_in_hand → the card's balance, whole: its tax falls due with use. */
export async function deliverTopUp(ctx: Context, tx: Tx, told: OrderCase): Promise<Given> {
  const { order } = told
  const target = await readTarget(tx, told)
  const { issuer_id: issuerId, currency, gross_minor: amount } = order
  const { accountId } = await lockCardBalance(tx, { issuerId, cardId: target.cardId })
  const inHand = await houseAccount(ctx, tx, { issuerId, kind: 'orders_in_hand', currency })
  await post(ctx, tx, {
    issuerId,
    key: `${order.order_id}:deliver`,
    reason: 'top_up',
    entries: [
      { accountId: inHand, amount: -amount },
      { accountId, amount },
    ],
  })
  await bringBack(ctx, tx, target.cardId)
  return target
}

/** The card that it is for, and its account. */
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
