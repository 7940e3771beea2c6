import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

/** What a card brought from its old system: minor units, 0 or more, and the key that makes it count once. */
export type OpeningBalance = { cardId: string; amount: bigint; currency: string; key: string }

/**
 * Opens the balance account of each card and posts `opening` → balance, many cards in one statement
 * (migrations/0005_ledger_openings.sql keeps the gate's rules). A zero balance opens the account and posts nothing;
 * a key used before with the same content posts nothing. Throws LB010 key_reused, LB012 unbalanced (another
 * currency), LB013 account_closed as database errors, like ledger_post.
 */
export async function postOpeningBalances(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  rows: OpeningBalance[],
): Promise<void> {
  if (rows.length === 0) return
  const hash = (row: OpeningBalance) =>
    createHash('sha256').update(`opening/${row.cardId}/${row.amount}/${row.currency}`).digest()
  await sql`select ledger_post_openings(
    ${issuerId},
    ${rows.map((row) => row.cardId)}::uuid[],
    ${rows.map((row) => row.currency)}::text[],
    ${rows.map((row) => row.amount.toString())}::bigint[],
    ${rows.map((row) => row.key)}::text[],
    ${rows.map(hash)}::bytea[],
    ${rows.map(() => ctx.ids.next())}::uuid[],
    ${rows.map(() => ctx.ids.next())}::uuid[],
    ${ctx.clock.now()}
  )`.execute(tx)
}
