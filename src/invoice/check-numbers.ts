import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'

export type InvoiceFault = { issuer: string; number: string; what: string }
export type InvoiceCheck = { invoices: number; files: number; faults: InvoiceFault[] }

/**
 * Proves an issuer's invoices from the rows alone: numbers run from 1 without a gap or a double in every year, as far
 * as the counter says; no invoice is credited beyond its sum, none has a number that an imported card's has; every kept PDF is the file that its SHA-256 names.
 */
export async function checkInvoices(tx: Tx, issuerId: string): Promise<InvoiceCheck> {
  const { rows: years } = await sql<YearRow>`
    select coalesce(c.year, i.year) as year, coalesce(c.last, 0) as last, coalesce(i.count, 0) as count,
           coalesce(i.lowest, 0) as lowest, coalesce(i.highest, 0) as highest
      from (select * from invoice_counter where issuer_id = ${issuerId}) c
      full join (select year, count(*) as count, min(seq) as lowest, max(seq) as highest from invoice
                  where issuer_id = ${issuerId} and seq is not null group by year) i on i.year = c.year
     order by 1`.execute(tx)
  const { rows: over } = await sql<{ number: string }>`
    select i.number from invoice i join invoice c on c.issuer_id = i.issuer_id and c.corrects_id = i.invoice_id
     where i.issuer_id = ${issuerId}
     group by i.invoice_id, i.number, i.gross_minor having sum(c.gross_minor) > i.gross_minor
     order by i.number`.execute(tx)
  const { rows: twice } = await sql<{ number: string }>`
    select distinct i.number from invoice i
      join card c on c.issuer_id = i.issuer_id and c.invoice_no = i.number and c.order_id is null
     where i.issuer_id = ${issuerId} and i.seq is not null order by i.number`.execute(tx)
  const files = await checkFiles(tx, issuerId)
  const fault = (number: string, what: string): InvoiceFault => ({ issuer: issuerId, number, what })
  return {
    invoices: years.reduce((sum, year) => sum + Number(year.count), 0),
    files: files.checked,
    faults: [
      ...years.flatMap((year) => faultOf(year).map((what) => fault(`${year.year}`, what))),
      ...over.map(({ number }) => fault(number, 'more was credited than invoiced')),
      ...twice.map(({ number }) => fault(number, 'the former system gave this number too')),
      ...files.wrong.map((paper) => fault(paper, 'the kept PDF is not the one its SHA-256 names')),
    ],
  }
}

type YearRow = { year: number; last: bigint; count: bigint; lowest: bigint; highest: bigint }

// (issuer, year, seq) is unique, so as many numbers as the highest says are all of them.
function faultOf({ last, count, lowest, highest }: YearRow): string[] {
  if (count === 0n) return last === 0n ? [] : [`${last} numbers were taken and no invoice has them`]
  return [
    ...(lowest === 1n && highest === count ? [] : [`${count} invoices have numbers ${lowest} to ${highest}`]),
    ...(highest === last ? [] : [`the last invoice is ${highest}, the counter says ${last}`]),
  ]
}

const files_at_once = 100

async function checkFiles(tx: Tx, issuerId: string): Promise<{ checked: number; wrong: string[] }> {
  const wrong: string[] = []
  let checked = 0
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await tx
      .selectFrom('issued_pdf')
      .select(['paper_id', 'pdf', 'sha256'])
      .where('issuer_id', '=', issuerId)
      .where('paper_id', '>', after)
      .orderBy('paper_id')
      .limit(files_at_once)
      .execute()
    for (const { paper_id, pdf, sha256 } of rows)
      if (createHash('sha256').update(pdf).digest('hex') !== sha256) wrong.push(paper_id)
    checked += rows.length
    const last = rows.at(-1)
    if (!last) return { checked, wrong }
    after = last.paper_id
  }
}
