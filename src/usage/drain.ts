import { houseAccount } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { journalKey } from './record.ts'
import type { RatedRecord } from './write-usage.ts'

/**
 * Use from before a card was frozen for closing that is reported before it is settled: the balance still pays it, so
 * that the settlement gives back what is truly left. The caller holds the lock of the balance.
 */
export async function drainIntoSettlement(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  { record, card, rated }: RatedRecord,
): Promise<void> {
  const house = (kind: 'revenue' | 'tax_payable') =>
    houseAccount(ctx, tx, { issuerId, kind, currency: card.currency })
  const net = { accountId: await house('revenue'), amount: rated.gross - rated.tax }
  const tax = { accountId: await house('tax_payable'), amount: rated.tax }
  await post(ctx, tx, {
    issuerId,
    key: journalKey(record.recordId),
    reason: 'usage',
    entries: [{ accountId: card.accountId, amount: -rated.gross }, net, tax].filter(
      ({ amount }) => amount !== 0n,
    ),
    despiteFreeze: [card.accountId],
  })
}
