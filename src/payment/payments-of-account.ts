import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { readPaidWith } from './paid-with.ts'

/** What the cards of an account were paid with, oldest first, for its holder's own copy of what is held on them. */
export async function paymentsOfAccount(
  ctx: Context,
  tx: Tx,
  { issuerId, accountId, holderId }: { issuerId: string; accountId: string; holderId: string },
) {
  const rows = await tx
    .selectFrom('payment as p')
    .innerJoin('card as c', (join) =>
      join.onRef('c.issuer_id', '=', 'p.issuer_id').onRef('c.card_id', '=', 'p.card_id'),
    )
    .select(['p.payment_id', 'c.iccid', 'p.provider', 'p.provider_ref as reference', 'p.received_at'])
    .select(['p.amount_minor', 'p.currency'])
    .where('p.issuer_id', '=', issuerId)
    .where('c.account_id', '=', accountId)
    .orderBy('p.received_at')
    .orderBy('p.payment_id')
    .execute()
  const ids = rows.map((row) => row.payment_id)
  const paidWith = await readPaidWith(ctx, tx, { issuerId, holderId }, ids)
  return rows.map(({ payment_id: id, amount_minor: amount, currency, ...row }) => ({
    ...row,
    amount: { amount, currency },
    paid_with: paidWith.get(id) ?? null,
  }))
}
