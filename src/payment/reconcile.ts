import { type RawBuilder, sql } from 'kysely'
import type { BalanceLine, FaultyBalanceLine } from '../adapters/payment/stripe-balance.ts'
import type { Tx } from '../platform/db.ts'
import { type Compared, comparisons } from './reconcile-queries.ts'

/** One thing in which the provider's books and ours differ. Amounts in minor units; what one side lacks is null. */
export type Difference = {
  kind: DifferenceKind
  /** What it is about: charge, refund, dispute, fee, payout, or the report's own category. */
  of: string
  /** The provider's name of it. */
  ref: string
  line: number | null
  theirs: bigint | null
  ours: bigint | null
  currency: string
  detail: string
}

export const differenceKinds = {
  missing_here: 'in the provider’s books, not in ours',
  missing_there: 'in our books, not in the provider’s',
  amount_differs: 'the sums differ',
  currency_differs: 'the currencies differ',
  settled_in_other_currency: 'the provider changed it into another currency than it was paid in',
  date_differs: 'booked here more than a day away from there',
  date_window: 'ours is at the edge of this report: it may stand in the one before or after',
  outside_window: 'the line is outside --from and --to',
  refunded_twice: 'given back once more than we know of',
  refunded_more_than_paid: 'more was given back than was paid',
  refunded_by_hand:
    'given back on the provider’s own page, and nobody has said what for (leb payments by-hand)',
  refund_failed: 'we hold it for given back, and the refund has failed since',
  fee_not_booked: 'kept by the provider, not in our books (--book-fees)',
  fee_differs: 'booked with another sum',
  payout_not_booked: 'paid into the bank, not in our books (--book-payouts)',
  payout_differs: 'booked with another sum',
  net_wrong: 'net is not gross less fee',
  line_differs: 'the same balance transaction twice, with different content',
  line_repeats: 'the same line again: it counts once',
  not_compared: 'a category that LEB has no books for',
  unreadable: 'the line can’t be read',
} as const
export type DifferenceKind = keyof typeof differenceKinds

export type Reconciliation = { issuerId: string; from: Date | undefined; to: Date | undefined }

const batch = 1_000

/**
 * Compares the provider's report with our books, in one transaction and in memory that does not grow with the report:
 * the lines go into a temporary table, and the database finds what differs. Nothing is changed.
 */
export async function reconcile(
  tx: Tx,
  input: Reconciliation,
  lines: AsyncIterable<BalanceLine | FaultyBalanceLine>,
  tell: (difference: Difference) => Promise<void> | void,
): Promise<{ lines: number; differences: number }> {
  const counted = { lines: 0, differences: 0 }
  const say = async (difference: Difference) => {
    counted.differences++
    await tell(difference)
  }
  await sql`create temp table reconcile_line (line int, txn text, at timestamptz, currency text, gross bigint,
    fee bigint, net bigint, category text, source text, ref text, charge text, facing_minor bigint,
    facing_currency text, owner text) on commit drop`.execute(tx)
  let waiting: BalanceLine[] = []
  for await (const line of lines) {
    counted.lines++
    if ('fault' in line) await say(unreadable(line))
    else waiting.push(line)
    if (waiting.length < batch) continue
    await keep(tx, waiting)
    waiting = []
  }
  await keep(tx, waiting)
  await sql`create index on reconcile_line (category, ref)`.execute(tx)
  await sql`create index on reconcile_line (txn)`.execute(tx)
  await sql`analyze reconcile_line`.execute(tx)
  for (const query of comparisons(input)) await tellAll(tx, query, say)
  return counted
}

const unreadable = ({ line, fault }: FaultyBalanceLine): Difference => {
  return {
    kind: 'unreadable',
    of: 'line',
    ref: '',
    line,
    theirs: null,
    ours: null,
    currency: '',
    detail: fault,
  }
}

async function keep(tx: Tx, lines: BalanceLine[]): Promise<void> {
  if (lines.length === 0) return
  const column = <T>(of: (line: BalanceLine) => T) => lines.map(of)
  await sql`insert into reconcile_line select * from unnest(
    ${column((l) => l.line)}::int[], ${column((l) => l.txn)}::text[], ${column((l) => l.at)}::timestamptz[],
    ${column((l) => l.currency)}::text[], ${column((l) => l.gross.toString())}::bigint[],
    ${column((l) => l.fee.toString())}::bigint[], ${column((l) => l.net.toString())}::bigint[],
    ${column((l) => l.category)}::text[], ${column((l) => l.source)}::text[],
    ${column((l) => l.intent || l.charge)}::text[], ${column((l) => l.charge)}::text[],
    ${column((l) => l.facing?.amount.toString() ?? null)}::bigint[],
    ${column((l) => l.facing?.currency ?? null)}::text[], ${column((l) => l.owner)}::text[])`.execute(tx)
}

/** Reads what a comparison finds a page at a time: a report of another account differs in every line. */
async function tellAll(
  tx: Tx,
  query: RawBuilder<Compared>,
  say: (difference: Difference) => Promise<void>,
): Promise<void> {
  await sql`declare found no scroll cursor for ${query}`.execute(tx)
  for (;;) {
    const { rows } = await sql<Compared>`fetch 500 from found`.execute(tx)
    for (const row of rows) await say({ ...row, detail: row.detail ?? '' })
    if (rows.length === 0) break
  }
  await sql`close found`.execute(tx)
}
