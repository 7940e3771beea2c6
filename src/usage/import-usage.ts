import { openTable } from '../card/open-table.ts'
import { type RawRecord, splitFields } from '../card/read-records.ts'
import { openRejectsFile, type RejectedRow, type RejectsFile } from '../card/rejects-file.ts'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import type { KnownOutcome } from './outcome.ts'
import { type Fault, faultsOf, faultWords, readRecord, type UsageRecord } from './record.ts'
import { takeUsage } from './take-usage.ts'
import { readUsageHeader, type UsageColumn, type UsageFields } from './usage-columns.ts'

/** Why a row is not taken in: the codes are stable, the words are for whoever mends the file. No `;` in them. */
export const usageRejectReasons = {
  ...faultWords,
  missing_columns: 'the row has fewer columns than the header',
  too_many_columns: 'the row has more columns than the header',
  broken_quotes: 'a quoted field is not closed, or text follows its closing quote',
  record_too_long: 'the row is longer than 65536 signs (only its first MiB is repeated here)',
  issuer_not_set_up: 'this issuer is not set up here',
  unknown_card: 'the issuer has no such card: import it, then import this file again',
  key_reused: 'this record_id was used for other content, which stays as it is',
} as const
export type UsageReject = Fault | keyof typeof usageRejectReasons

export type UsageSummary = {
  rows: number
  /** Taken in now, by how they ended. */
  taken: number
  outcomes: Partial<Record<KnownOutcome, number>>
  /** Taken in before, with the same content. */
  unchanged: number
  rejected: number
  reasons: Partial<Record<UsageReject, number>>
}

export type ImportUsageInput = {
  file: string
  rejects: string
  onProgress?: (done: { bytes: number; ofBytes: number; summary: UsageSummary }) => void
  /** Rows a transaction; a crash loses at most the one under way. */
  batchRows?: number
}

type Row = { line: number; text: string; issuerId: string; record: UsageRecord }
type Checked = Row | RejectedRow<UsageReject>

/**
 * Takes a file of usage records in, in a stream, batch by batch, each its own transaction: what a crash left undone
 * the same call does. Every row is taken in, unchanged or in the reject file. Throws SetupError, one
 * sentence, before anything is done.
 */
export async function importUsage(ctx: Context, input: ImportUsageInput): Promise<UsageSummary> {
  const table = await openTable(
    { ...input, what: 'usage', batchRows: input.batchRows ?? 500 },
    readUsageHeader,
  )
  const issuers = new Set((await listIssuers(ctx.db)).map((issuer) => issuer.issuerId))
  const rejects = await openRejectsFile(input.rejects, usageRejectReasons).catch((error: unknown) => {
    table.close()
    throw error
  })
  const summary: UsageSummary = { rows: 0, taken: 0, outcomes: {}, unchanged: 0, rejected: 0, reasons: {} }
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const batch of table.batches) {
      // The next batch is read and checked while the one before is written: Node and Postgres use a core each.
      const nowMs = ctx.clock.now().getTime()
      const rows = batch.map((raw) => check(raw, table.header, issuers, nowMs))
      await writing
      writing = takeBatch(ctx, rejects, rows, summary)
      // Heard below; without this a failure while the next batch is read would end the process unheard.
      writing.catch(() => undefined)
      input.onProgress?.({ bytes: table.bytesRead(), ofBytes: table.sizeBytes, summary })
    }
    await writing
    input.onProgress?.({ bytes: table.sizeBytes, ofBytes: table.sizeBytes, summary })
  } finally {
    table.close()
    await writing.catch(() => undefined)
    await rejects.close()
  }
  return summary
}

function check(
  { line, text, fault }: RawRecord,
  header: UsageColumn[],
  issuers: Set<string>,
  nowMs: number,
): Checked {
  const reject = (...reasons: UsageReject[]) => ({ line, text, reasons })
  if (fault) return reject(fault)
  const values = splitFields(text)
  if (values.length !== header.length)
    return reject(values.length < header.length ? 'missing_columns' : 'too_many_columns')
  const fields = Object.fromEntries(header.map((name, at) => [name, values[at]!.trim()])) as UsageFields
  const {
    issuer: issuerId,
    record_id: recordId,
    iccid,
    card_id: cardId,
    kind,
    quantity,
    zone,
    country,
  } = fields
  const given = {
    recordId,
    ...(iccid && { iccid }),
    ...(cardId && { cardId }),
    kind,
    quantity: /^\d{1,10}$/.test(quantity ?? '') ? Number(quantity) : quantity,
    ...(zone && { zone }),
    ...(country && { country }),
    usedAt: fields.used_at,
  }
  const record = readRecord(given, nowMs)
  const known = issuerId !== undefined && issuers.has(issuerId)
  if (known && typeof record !== 'string') return { line, text, issuerId, record }
  return reject(...(known ? [] : (['issuer_not_set_up'] as const)), ...faultsOf(given, nowMs))
}

async function takeBatch(
  ctx: Context,
  file: RejectsFile<UsageReject>,
  checked: Checked[],
  summary: UsageSummary,
): Promise<void> {
  const rejects = checked.filter((row): row is RejectedRow<UsageReject> => 'reasons' in row)
  const good = checked.filter((row): row is Row => !('reasons' in row))
  for (const [issuerId, rows] of Map.groupBy(good, (row) => row.issuerId)) {
    const results = await takeUsage(
      ctx,
      issuerId,
      rows.map((row) => row.record),
    )
    results.forEach(({ outcome }, at) => {
      const { line, text } = rows[at]!
      if (outcome === 'unknown_card' || outcome === 'key_reused')
        rejects.push({ line, text, reasons: [outcome] })
      else if (outcome === 'duplicate') summary.unchanged++
      else if (outcome !== 'malformed') {
        summary.taken++
        summary.outcomes[outcome] = (summary.outcomes[outcome] ?? 0) + 1
      }
    })
  }
  summary.rows += checked.length
  summary.rejected += rejects.length
  for (const reason of rejects.flatMap((reject) => reject.reasons))
    summary.reasons[reason] = (summary.reasons[reason] ?? 0) + 1
  await file.write(rejects.toSorted((a, b) => a.line - b.line))
}
