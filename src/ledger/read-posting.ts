import type { Tx } from '../platform/db.ts'
import type { Entry } from './post.ts'

/** The entries of one posting, by its key, as they stand in the journal; none when there is no such posting. */
export function entriesOf(tx: Tx, issuerId: string, key: string): Promise<Entry[]> {
  return tx
    .selectFrom('ledger_posting as p')
    .innerJoin('ledger_entry as e', (join) =>
      join.onRef('e.issuer_id', '=', 'p.issuer_id').onRef('e.posting_id', '=', 'p.posting_id'),
    )
    .select(['e.account_id as accountId', 'e.amount'])
    .where('p.issuer_id', '=', issuerId)
    .where('p.key', '=', key)
    .orderBy('e.line')
    .execute()
}
