import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { type Used, usedFor } from '../usage/used-for.ts'
import type { Money } from './money.ts'
import type { Bounds } from './statement-period.ts'

/** One movement of a card's balance. Minor units; `after` is what the balance was then; `used` is what usage was paid. */
export type StatementLine = {
  id: string
  at: Date
  reason: string
  amount: bigint
  after: bigint
  used?: Used
}

/** What stands above the lines. `opening` and `closing` are what the balance was as the period began and ended. */
export type StatementHead = {
  balance: Money
  held: bigint
  opening: bigint
  closing: bigint
  /** Of the card's first line, whatever the period. */
  firstAt: Date | null
}

/** Newest first. `older` is where the next page begins, null on the last. */
export type StatementPage = StatementHead & { lines: StatementLine[]; older: string | null }

export type StatementOf = { issuerId: string; cardId: string }
/** Without bounds: all that ever moved. */
export type Wanted = { bounds?: Bounds | undefined; before?: string | undefined; limit: number }

/** `postingId.line`: a line's name, which stays what it is whatever is posted meanwhile. */
export const statementCursor = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d{1,6}$/

/** Where in the journal a statement lies: entries of an account above `low` and below `below`. */
export type Stretch = { issuerId: string; accountId: string; low: bigint; below: bigint }

/**
 * A page of a card's statement, newest first, and undefined for a card without a balance. What the balance was after
 * each line is reckoned back from what it is now, so that a page costs what stands above it.
 * @param before cursor of the page before this one; one that names no line of the card gives an empty page
 */
export async function readStatement(
  tx: Tx,
  card: StatementOf,
  wanted: Wanted,
): Promise<StatementPage | undefined> {
  const found = await findStretch(tx, card, wanted)
  if (!found) return undefined
  const { head, stretch, base } = found
  const lines = await readLines(tx, stretch, base, wanted.limit + 1)
  const shown = lines.slice(0, wanted.limit)
  return { ...head, lines: shown, older: lines.length > wanted.limit ? shown.at(-1)!.id : null }
}

type HeadRow = {
  account_id: string
  balance: bigint
  currency: string
  held: bigint
  first_at: Date | null
} & {
  low: bigint
  below: bigint
} & { [K in 'opening' | 'closing' | 'base']: string }

/**
 * The head, and where its lines lie; `base` is what the balance was before the newest entry below. A period begins after
 * the newest entry that was made before it: lines stand in the order of the books, and no two periods share one or
 * leave one out, also where the clocks of two processes differed.
 */
export async function findStretch(
  tx: Tx,
  of: StatementOf | { issuerId: string; accountId: string },
  { bounds, before }: { bounds?: Partial<Bounds> | undefined; before?: string | undefined },
): Promise<{ head: StatementHead; stretch: Stretch; base: bigint } | undefined> {
  const { issuerId } = of
  const account = 'cardId' in of ? sql`card_id = ${of.cardId}` : sql`account_id = ${of.accountId}`
  const [posting, line] = before?.split('.') ?? []
  const mine = sql`e.issuer_id = ${issuerId} and e.account_id = a.account_id`
  const newestBefore = (at: Date) => sql`coalesce((select e.seq from ledger_entry e
    join ledger_posting p on p.issuer_id = e.issuer_id and p.posting_id = e.posting_id
   where ${mine} and p.posted_at < ${at} order by e.seq desc limit 1), 0)`
  const cursor = before
    ? sql`coalesce((select e.seq from ledger_entry e where ${mine} and e.posting_id = ${posting} and e.line = ${Number(line)}), 0)`
    : sql`null::bigint`
  const since = (seq: string) => sql`coalesce((select sum(e.amount) from ledger_entry e
    where ${mine} and e.seq > ${sql.ref(seq)}), 0)`
  const { rows } = await sql<HeadRow>`
    with a as (
      select account_id, balance, currency, held from ledger_account where issuer_id = ${issuerId} and ${account}
    ), f as (
      select ${bounds?.from ? newestBefore(bounds.from) : sql`0`}::bigint as low,
             ${bounds?.until ? newestBefore(bounds.until) : sql`coalesce((select max(e.seq) from ledger_entry e where ${mine}), 0)`}::bigint as high,
             ${cursor} as cursor from a
    ), g as (select low, high, least(cursor, high + 1) as below from f)
    select a.account_id, a.balance, a.currency, a.held, g.low, g.below,
           ${bounds?.from ? sql`a.balance - ${since('g.low')}` : sql`0`} as opening,
           a.balance - ${since('g.high')} as closing,
           a.balance - coalesce((select sum(e.amount) from ledger_entry e where ${mine} and e.seq >= g.below), 0) as base,
           (select p.posted_at from ledger_entry e
              join ledger_posting p on p.issuer_id = e.issuer_id and p.posting_id = e.posting_id
             where ${mine} order by e.seq limit 1) as first_at
      from a, g`.execute(tx)
  const [row] = rows
  if (!row) return undefined
  const { account_id: accountId, low, below } = row
  return {
    head: {
      balance: { amount: row.balance, currency: row.currency },
      held: row.held,
      opening: BigInt(row.opening),
      closing: BigInt(row.closing),
      firstAt: row.first_at,
    },
    stretch: { issuerId, accountId, low, below },
    base: BigInt(row.base),
  }
}

type Row = { seq: bigint; posting_id: string; line: number; amount: bigint; key: string } & {
  reason: string
  posted_at: Date
}
type Placed = StatementLine & { seq: bigint }

/** @param base what the balance was after the newest line of the stretch */
async function readLines(tx: Tx, stretch: Stretch, base: bigint, limit: number): Promise<Placed[]> {
  const { issuerId, accountId, low, below } = stretch
  const { rows } = await sql<Row>`
    select e.seq, e.posting_id, e.line, e.amount, coalesce(e.key, p.key) as key, p.reason, p.posted_at
      from ledger_entry e join ledger_posting p on p.issuer_id = e.issuer_id and p.posting_id = e.posting_id
     where e.issuer_id = ${issuerId} and e.account_id = ${accountId} and e.seq > ${low} and e.seq < ${below}
     order by e.seq desc limit ${limit}`.execute(tx)
  const used = await usedFor(
    tx,
    issuerId,
    rows.map((row) => row.key),
  )
  let after = base
  return rows.map((row) => {
    const what = used.get(row.key)
    const line = {
      id: `${row.posting_id}.${row.line}`,
      seq: row.seq,
      at: row.posted_at,
      reason: row.reason,
      amount: row.amount,
      after,
      ...(what && { used: what }),
    }
    after -= row.amount
    return line
  })
}

/** Lines that one statement of a whole reading fetches. */
const batch = 1000

/** Every line of a card or of a period, newest first, in batches of which only one is held at a time. */
export async function* statementLines(
  ctx: Context,
  card: StatementOf,
  bounds?: Bounds,
): AsyncGenerator<{ lines: StatementLine[]; balance: Money }> {
  const found = await inIssuer(ctx.db, card.issuerId, (tx) => findStretch(tx, card, { bounds }))
  if (!found) return
  let { stretch, base } = found
  for (;;) {
    const [at, from] = [stretch, base]
    const lines = await inIssuer(ctx.db, card.issuerId, (tx) => readLines(tx, at, from, batch))
    yield { lines, balance: found.head.balance }
    const last = lines.at(-1)
    if (!last || lines.length < batch) return
    stretch = { ...stretch, below: last.seq }
    base = last.after - last.amount
  }
}
