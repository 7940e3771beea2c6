import type { Context } from '../platform/context.ts'
import { listIssuers } from '../issuer/issuer.ts'
import { type FleetColumn, type FleetFields, readHeader } from './fleet-columns.ts'
import { makeSeenIccids } from './iccid.ts'
import { type FleetRow, readRow } from './read-row.ts'
import { openTable } from './open-table.ts'
import { type RawRecord, splitFields } from './read-records.ts'
import { type Reject, type RejectReason, rejectReasons } from './reject-reasons.ts'
import { openRejectsFile, type RejectsFile } from './rejects-file.ts'
import { writeRows } from './write-rows.ts'

export type ImportSummary = {
  rows: number
  imported: number
  rejected: number
  unchanged: number
  reasons: Partial<Record<RejectReason, number>>
}
export type ImportInput = {
  file: string
  rejects: string
  onProgress?: (done: { bytes: number; ofBytes: number; summary: ImportSummary }) => void
  /** Rows a transaction; a crash loses at most the one under way. */
  batchRows?: number
}

/**
 * Imports a fleet file. Reads it in a stream; checks each row; writes good rows in batches, each its own
 * transaction, so that after a crash the same call goes on where it stopped. Every row is imported, unchanged or
 * in the reject file. Throws SetupError, one sentence, before anything is written.
 */
export async function importFleet(ctx: Context, input: ImportInput): Promise<ImportSummary> {
  const table = await openTable({ ...input, what: 'fleet', batchRows: input.batchRows ?? 1000 }, readHeader)
  const issuers = new Set((await listIssuers(ctx.db)).map((issuer) => issuer.issuerId))
  const rejects = await openRejectsFile(input.rejects, rejectReasons).catch((error: unknown) => {
    table.close()
    throw error
  })
  const summary: ImportSummary = { rows: 0, imported: 0, rejected: 0, unchanged: 0, reasons: {} }
  const check = rowChecker(table.header, issuers)
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const batch of table.batches) {
      // The next batch is read and checked while the one before is written: Node and Postgres use a core each.
      const results = batch.map(check)
      await writing
      writing = writeBatch(ctx, rejects, results, summary)
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

type Checked = FleetRow | Reject

/** Checks a record on its own and against the earlier ones of the file. */
function rowChecker(header: FleetColumn[], issuers: Set<string>): (record: RawRecord) => Checked {
  const seen = makeSeenIccids()
  return ({ line, text, fault }) => {
    if (fault) return { line, text, reasons: [fault] }
    const values = splitFields(text)
    if (values.length !== header.length) {
      const reason = values.length < header.length ? 'missing_columns' : 'too_many_columns'
      return { line, text, reasons: [reason] }
    }
    const fields = Object.fromEntries(header.map((name, at) => [name, values[at]!.trim()])) as FleetFields
    const { row, reasons, iccid } = readRow({ line, text, fields }, (issuerId) => issuers.has(issuerId))
    // Which of two rows with one ICCID is right nobody can tell: the first counts, even if it is faulty elsewhere.
    if (iccid && seen.firstLine(iccid, line) !== undefined) reasons.push('duplicate_iccid')
    return row && reasons.length === 0 ? row : { line, text, reasons }
  }
}

async function writeBatch(
  ctx: Context,
  file: RejectsFile<RejectReason>,
  results: Checked[],
  summary: ImportSummary,
): Promise<void> {
  const rejects = results.filter((result): result is Reject => 'reasons' in result)
  const good = results.filter((result): result is FleetRow => !('reasons' in result))
  const written = await Promise.all(
    [...Map.groupBy(good, (row) => row.issuerId)].map(([issuerId, rows]) => writeRows(ctx, issuerId, rows)),
  )
  for (const part of written) {
    summary.imported += part.imported
    summary.unchanged += part.unchanged
    rejects.push(...part.rejects)
  }
  summary.rows += results.length
  summary.rejected += rejects.length
  for (const reason of rejects.flatMap((reject) => reject.reasons))
    summary.reasons[reason] = (summary.reasons[reason] ?? 0) + 1
  await file.write(rejects.toSorted((a, b) => a.line - b.line))
}
