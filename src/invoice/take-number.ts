import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { dateFormat } from '../platform/formats.ts'

export type Taken = { seq: bigint; number: string }
type Counter = { issuerId: string; year: number }

/**
 * Locks an issuer's numbers of a year until the caller's transaction ends: whoever else invoices waits here. What is
 * read after it is what was issued before.
 */
export async function lockNumbers(tx: Tx, { issuerId, year }: Counter): Promise<void> {
  await sql`
    insert into invoice_counter (issuer_id, year, last) values (${issuerId}, ${year}, 0)
    on conflict (issuer_id, year) do update set last = invoice_counter.last`.execute(tx)
}

/**
 * The next of the locked numbers, `LEB-2026-000123`; invoices and credit notes share them. A transaction that is
 * rolled back gives its number back, so none is missing (Directive 2006/112/EC, Art. 226(2)).
 */
export async function takeNumber(tx: Tx, counter: Counter & { prefix: string }): Promise<Taken> {
  const { rows } = await sql<{ last: bigint }>`
    update invoice_counter set last = last + 1
     where issuer_id = ${counter.issuerId} and year = ${counter.year}
    returning last`.execute(tx)
  const seq = rows[0]!.last
  return { seq, number: `${counter.prefix}-${counter.year}-${seq.toString().padStart(6, '0')}` }
}

/** The calendar day, `2026-11-22`, on which a moment falls in an issuer's zone; its year numbers the invoice. */
export function dayIn(at: Date, timeZone: string): string {
  return dateFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(at)
}
