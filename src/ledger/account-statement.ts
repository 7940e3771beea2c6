import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import type { Bounds } from './statement-period.ts'
import { findStretch, type Stretch } from './statement.ts'

export type Account = { accountId: string; kind: string; currency: string }

/** An entry of an account. Minor units, credits above zero; `after` is what the account stood at then. */
export type AccountLine = { id: string; at: Date; reason: string; amount: bigint; after: bigint }

export type AccountStatement = {
  /** What the account stood at before the first line, by the journal alone. */
  opening: bigint
  /** What it stood at after the last, by the balance that stands beside the journal. */
  closing: bigint
  /** Oldest first, a batch at a time, as of when the statement was opened. */
  lines: AsyncGenerator<AccountLine[]>
}

/** The house's accounts of an issuer. */
export async function listHouseAccounts(ctx: Context, issuerId: string): Promise<Account[]> {
  const rows = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('ledger_account')
      .select(['account_id', 'kind', 'currency'])
      .where('issuer_id', '=', issuerId)
      .where('card_id', 'is', null)
      .orderBy('kind')
      .orderBy('currency')
      .execute(),
  )
  return rows.map((row) => ({ accountId: row.account_id, kind: row.kind, currency: row.currency }))
}

/** An account by its id, as `leb ledger check` names it; a card's too. */
export async function findAccount(
  ctx: Context,
  issuerId: string,
  accountId: string,
): Promise<Account | undefined> {
  const row = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('ledger_account')
      .select(['account_id', 'kind', 'currency'])
      .where('issuer_id', '=', issuerId)
      .where('account_id', '=', accountId)
      .executeTakeFirst(),
  )
  return row && { accountId: row.account_id, kind: row.kind, currency: row.currency }
}

/** The statement of any account; nothing that grows with it is held, and no transaction stays open between batches. */
export async function openAccountStatement(
  ctx: Context,
  account: { issuerId: string; accountId: string },
  bounds: Partial<Bounds>,
): Promise<AccountStatement | undefined> {
  const { issuerId, accountId } = account
  const found = await inIssuer(ctx.db, issuerId, async (tx) => {
    // Where a period begins among ten million entries takes as long as it takes.
    await sql`set local statement_timeout = 0`.execute(tx)
    const at = await findStretch(tx, account, { bounds })
    if (!at) return undefined
    const { rows } = await sql<{ opening: string }>`
      select coalesce(sum(amount), 0) as opening from ledger_entry
       where issuer_id = ${issuerId} and account_id = ${accountId} and seq <= ${at.stretch.low}`.execute(tx)
    return { ...at, opening: BigInt(rows[0]!.opening) }
  })
  if (!found) return undefined
  const { head, stretch, opening } = found
  return { opening, closing: head.closing, lines: linesUpwards(ctx, stretch, opening) }
}

/** Entries that one statement fetches. */
const batch = 5_000

async function* linesUpwards(ctx: Context, stretch: Stretch, opening: bigint): AsyncGenerator<AccountLine[]> {
  let after = opening
  for (let low = stretch.low; ;) {
    const above = low
    // What lies between two positions of an account's journal never changes: it is written under the account's lock.
    const rows = await inIssuer(ctx.db, stretch.issuerId, (tx) => readUpwards(tx, { ...stretch, low: above }))
    if (rows.length > 0)
      yield rows.map((row) => {
        after += row.amount
        return {
          id: `${row.posting_id}.${row.line}`,
          at: row.posted_at,
          reason: row.reason,
          amount: row.amount,
          after,
        }
      })
    const last = rows.at(-1)
    if (!last || rows.length < batch) return
    low = last.seq
  }
}

type Row = { seq: bigint; posting_id: string; line: number; amount: bigint; reason: string; posted_at: Date }
async function readUpwards(tx: Tx, { issuerId, accountId, low, below }: Stretch): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select e.seq, e.posting_id, e.line, e.amount, p.reason, p.posted_at
      from ledger_entry e join ledger_posting p on p.issuer_id = e.issuer_id and p.posting_id = e.posting_id
     where e.issuer_id = ${issuerId} and e.account_id = ${accountId} and e.seq > ${low} and e.seq < ${below}
     order by e.seq limit ${batch}`.execute(tx)
  return rows
}
