import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'

export type Series = 'invoice' | 'statement'
export type Taken = { seq: bigint; number: string }

type Counter = { issuerId: string; series: Series; year: number }

/**
 * Locks an issuer's series of a year until the caller's transaction ends: whoever else invoices waits here. What is
 * read after it is what was issued before.
 */
export async function lockSeries(tx: Tx, { issuerId, series, year }: Counter): Promise<void> {
  await sql`
    insert into invoice_counter (issuer_id, series, year, last) values (${issuerId}, ${series}, ${year}, 0)
    on conflict (issuer_id, series, year) do update set last = invoice_counter.last`.execute(tx)
}

/**
 * The next number of a locked series, `LEB-2026-000123`; statements, which are no invoices, count `LEB-2026-S000123`.
 * A transaction that is rolled back gives its number back, so none is missing (Directive 2006/112/EC, Art. 226(2)).
 */
export async function takeNumber(tx: Tx, counter: Counter & { prefix: string }): Promise<Taken> {
  const { rows } = await sql<{ last: bigint }>`
    update invoice_counter set last = last + 1
     where issuer_id = ${counter.issuerId} and series = ${counter.series} and year = ${counter.year}
    returning last`.execute(tx)
  const seq = rows[0]!.last
  const sign = counter.series === 'statement' ? 'S' : ''
  return { seq, number: `${counter.prefix}-${counter.year}-${sign}${seq.toString().padStart(6, '0')}` }
}

/** The calendar day, `2026-11-22`, on which a moment falls in an issuer's zone; its year numbers the invoice. */
export function dayIn(at: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(at)
}
