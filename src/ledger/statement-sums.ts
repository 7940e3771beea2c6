import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { type Span, startsBetween } from './statement-period.ts'
import type { StatementHead, Stretch } from './statement.ts'

/** Movements of one day or month with one reason. `after` is the balance at its end, on the newest of its sums only. */
export type StatementSum = {
  startsAt: Date
  reason: string
  count: bigint
  amount: bigint
  after: bigint | null
}

/** Whether a stretch has more lines than so many. Looks no further than that. */
export async function hasMoreThan(tx: Tx, { issuerId, accountId, low, below }: Stretch, lines: number) {
  const { rows } = await sql<{ more: boolean }>`
    select count(*) > ${lines} as more from (select from ledger_entry where issuer_id = ${issuerId}
      and account_id = ${accountId} and seq > ${low} and seq < ${below} limit ${lines + 1}) e`.execute(tx)
  return rows[0]!.more
}

type Row = { bucket: number; reason: string; count: bigint; amount: string }

/**
 * A stretch summed, newest first. The server sums; as many rows come here as there are days (or months) and reasons.
 * @param last of the stretch, for the days to sum by
 */
export async function readSums(
  tx: Tx,
  stretch: Stretch,
  {
    head,
    first,
    last,
    zone,
    span,
  }: { head: StatementHead; first: Date; last: Date; zone: string; span: Span },
): Promise<StatementSum[]> {
  const starts = startsBetween(first, last, zone, span)
  // By moments, not by the server's zones: it may know others, or older rules of them, than the pages do.
  const { rows } = await sql<Row>`
    select greatest(1, width_bucket(p.posted_at, ${starts}::timestamptz[])) as bucket, p.reason,
           count(*) as count, sum(e.amount) as amount
      from ledger_entry e join ledger_posting p on p.issuer_id = e.issuer_id and p.posting_id = e.posting_id
     where e.issuer_id = ${stretch.issuerId} and e.account_id = ${stretch.accountId}
       and e.seq > ${stretch.low} and e.seq < ${stretch.below}
     group by 1, 2 order by 1 desc, max(e.seq) desc`.execute(tx)
  let after = head.closing
  return rows.map((row, at) => {
    const amount = BigInt(row.amount)
    const newest = row.bucket !== rows[at - 1]?.bucket
    const one = { startsAt: starts[row.bucket - 1]!, reason: row.reason, count: row.count, amount }
    const sum = { ...one, after: newest ? after : null }
    after -= amount
    return sum
  })
}
