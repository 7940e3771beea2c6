import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import type { TakenBack } from './closure-view.ts'

type Row = { card_id: string; balance: bigint; taken: TakenJson[] }
type TakenJson = { amount: string; currency: string; at: string; state: TakenBack['state'] }

/**
 * Balances of a closure's cards in minor units, and what the payer's bank took back of their payments. They stand in a
 * list, not in an array, which PostgreSQL would plan anew each time (payout/read-settlement-facts.ts).
 */
export async function readBalances(
  tx: Tx,
  issuerId: string,
  cardIds: string[],
): Promise<Map<string, { balance: bigint; takenBack: TakenBack[] }>> {
  // An account may be closed when all its cards are closed already.
  if (cardIds.length === 0) return new Map()
  const { rows } = await sql<Row>`
    select card_id, balance,
           (select coalesce(json_agg(json_build_object('amount', b.amount_minor::text, 'currency', b.currency,
                     'at', b.opened_at, 'state', b.state) order by b.opened_at, b.dispute_ref), '[]')
              from chargeback b
             where b.issuer_id = a.issuer_id and b.card_id = a.card_id and b.state <> 'won') as taken
      from ledger_account a
     where issuer_id = ${issuerId} and card_id in (${sql.join(cardIds)})`.execute(tx)
  return new Map(rows.map((row) => [row.card_id, { balance: row.balance, takenBack: row.taken.map(asView) }]))
}

const asView = ({ amount, currency, at, state }: TakenJson): TakenBack => ({
  amount: { amount, currency },
  at: new Date(at),
  state,
})
