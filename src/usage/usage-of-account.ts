import { stringify } from 'csv-stringify/sync'
import { decimal } from '../ledger/money.ts'
import type { Tx } from '../platform/db.ts'
import { isBorneByHouse, type KnownOutcome } from './outcome.ts'

const columns = [
  'used_at',
  'iccid',
  'kind',
  'quantity',
  'zone',
  'country',
  'from_bucket',
  'from_balance',
  'not_covered',
  'charged',
  'currency',
  'outcome',
  'reported_at',
  'record_id',
]

/** What the cards of an account used, as CSV, oldest first; null when nothing was reported. Quantities: MB, s, SMS. */
export async function usageCsv(tx: Tx, issuerId: string, accountId: string): Promise<string | null> {
  const rows = await tx
    .selectFrom('card as c')
    .innerJoin('usage_record as u', (join) =>
      join.onRef('u.issuer_id', '=', 'c.issuer_id').onRef('u.card_id', '=', 'c.card_id'),
    )
    .select([
      'u.used_at',
      'c.iccid',
      'u.kind',
      'u.quantity',
      'u.zone',
      'u.country',
      'u.outcome',
      'u.reported_at',
    ])
    .select([
      'u.bucket_units',
      'u.balance_units',
      'u.unpaid_units',
      'u.gross_minor',
      'u.currency',
      'u.record_id',
    ])
    .where('c.issuer_id', '=', issuerId)
    .where('c.account_id', '=', accountId)
    .orderBy('u.used_at')
    .orderBy('u.record_id')
    .execute()
  if (rows.length === 0) return null
  const lines = rows.map((row) => ({
    used_at: row.used_at.toISOString(),
    iccid: row.iccid,
    kind: row.kind,
    quantity: row.quantity.toString(),
    zone: row.zone,
    country: row.country ?? '',
    from_bucket: row.bucket_units.toString(),
    from_balance: row.balance_units.toString(),
    not_covered: row.unpaid_units.toString(),
    // What the house bears was not taken from the holder.
    charged: decimal({
      amount: isBorneByHouse(row.outcome as KnownOutcome) ? 0n : row.gross_minor,
      currency: row.currency,
    }),
    currency: row.currency,
    outcome: row.outcome,
    reported_at: row.reported_at.toISOString(),
    record_id: row.record_id,
  }))
  // A record id that begins like a formula must not run when the file is opened.
  return stringify(lines, { header: true, columns, escape_formulas: true, bom: true })
}
