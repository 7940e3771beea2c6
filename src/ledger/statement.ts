import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { type Used, usedFor } from '../usage/used-for.ts'
import type { Money } from './money.ts'

/** One movement of a card's balance. Minor units; `after` is what the balance was then; `used` is what usage was paid. */
export type StatementLine = {
  id: string
  at: Date
  reason: string
  amount: bigint
  after: bigint
  used?: Used
}

/** Newest first. `older` is where the next page begins, null on the last. */
export type StatementPage = { balance: Money; held: bigint; lines: StatementLine[]; older: string | null }

export type StatementOf = { issuerId: string; cardId: string }

/** `postingId.line`: a line's name, which stays what it is whatever is posted meanwhile. */
export const statementCursor = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d{1,6}$/

type Row = { balance: bigint; currency: string; held: bigint } & {
  [K in 'posting_id' | 'reason' | 'key']: string | null
} & { line: number | null; posted_at: Date | null; amount: bigint | null; after: string | null }

/**
 * A page of a card's statement, newest first, and undefined for a card without a balance. What the balance was after
 * each line is reckoned back from what it is now, in one statement, so that a page costs what stands above it.
 * @param before cursor of the page before this one; one that names no line of the card gives an empty page
 */
export async function readStatement(
  tx: Tx,
  { issuerId, cardId }: StatementOf,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<StatementPage | undefined> {
  const [posting, line] = before?.split('.') ?? []
  const from = before
    ? sql`(select seq from ledger_entry where issuer_id = ${issuerId} and posting_id = ${posting} and line = ${Number(line)}
             and account_id = a.account_id)`
    : sql`9223372036854775807::bigint`
  const { rows } = await sql<Row>`
    with a as (
      select account_id, balance, currency, held from ledger_account where issuer_id = ${issuerId} and card_id = ${cardId}
    ), f as (
      select ${from} as seq from a
    ), base as (
      select a.balance - coalesce((select sum(e.amount) from ledger_entry e
        where e.issuer_id = ${issuerId} and e.account_id = a.account_id and e.seq >= f.seq), 0) as balance from a, f
    ), page as (
      select e.seq, e.posting_id, e.line, e.amount, e.key from ledger_entry e, a, f
       where e.issuer_id = ${issuerId} and e.account_id = a.account_id and e.seq < f.seq
       order by e.seq desc limit ${limit + 1}
    )
    select a.balance, a.currency, a.held, page.posting_id, page.line, p.posted_at, p.reason,
           coalesce(page.key, p.key) as key, page.amount,
           base.balance - coalesce(sum(page.amount) over (order by page.seq desc
             rows between unbounded preceding and 1 preceding), 0) as after
      from a cross join base left join page on true
      left join ledger_posting p on p.issuer_id = ${issuerId} and p.posting_id = page.posting_id
     order by page.seq desc`.execute(tx)
  const [head] = rows
  if (!head) return undefined
  const used = await usedFor(
    tx,
    issuerId,
    rows.flatMap((row) => row.key ?? []),
  )
  const lines = rows.flatMap((row) => (row.posting_id === null ? [] : [lineOf(row, used.get(row.key!))]))
  const shown = lines.slice(0, limit)
  return {
    balance: { amount: head.balance, currency: head.currency },
    held: head.held,
    lines: shown,
    older: lines.length > limit ? shown.at(-1)!.id : null,
  }
}

function lineOf(row: Row, used: Used | undefined): StatementLine {
  return {
    id: `${row.posting_id}.${row.line}`,
    at: row.posted_at!,
    reason: row.reason!,
    amount: row.amount!,
    after: BigInt(row.after!),
    ...(used && { used }),
  }
}

/** Lines that one statement of a whole reading fetches. */
const batch = 1000

/** Every line of a card, newest first, in batches of which only one is held at a time. */
export async function* statementLines(
  ctx: Context,
  card: StatementOf,
): AsyncGenerator<{ lines: StatementLine[]; balance: Money }> {
  for (let before: string | undefined | null; before !== null;) {
    const cursor: string | undefined = before
    const page: StatementPage | undefined = await inIssuer(ctx.db, card.issuerId, (tx) =>
      readStatement(tx, card, { before: cursor, limit: batch }),
    )
    if (!page) return
    yield page
    before = page.older
  }
}
