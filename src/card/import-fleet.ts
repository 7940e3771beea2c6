import { createReadStream } from 'node:fs'
import { constants, access, stat } from 'node:fs/promises'
import type { Context } from '../platform/context.ts'
import { SetupError } from '../platform/errors.ts'
import { listIssuers } from '../issuer/issuer.ts'
import { checkEncoding, type EncodingFault } from './check-encoding.ts'
import { type FleetColumn, type FleetFields, readHeader } from './fleet-columns.ts'
import { makeSeenIccids } from './iccid.ts'
import { type FleetRow, readRow } from './read-row.ts'
import { type RawRecord, readRecords, splitFields } from './read-records.ts'
import type { Reject, RejectReason } from './reject-reasons.ts'
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

/** A file that is not UTF-8: nothing of it was imported. */
export class EncodingError extends SetupError {}

/**
 * Imports a fleet file. Reads it in a stream; checks each row; writes good rows in batches, each its own
 * transaction, so that after a crash the same call goes on where it stopped. Every row is imported, unchanged or
 * in the reject file. Throws EncodingError or SetupError, each one sentence, before anything is written.
 */
export async function importFleet(ctx: Context, input: ImportInput): Promise<ImportSummary> {
  const size = await checkFiles(input)
  const checked = await checkEncoding(input.file)
  if (!('skip' in checked)) throw encodingError(input.file, checked)
  const issuers = new Set((await listIssuers(ctx.db)).map((issuer) => issuer.issuerId))
  const chunks = createReadStream(input.file, { start: checked.skip, highWaterMark: 1 << 18 })
  const records = inBatches(readRecords(chunks), input.batchRows ?? 1000)
  const header = await readFirst(records, input.file)
  const rejects = await openRejectsFile(input.rejects).catch((error: unknown) => {
    chunks.destroy()
    throw error
  })
  const summary: ImportSummary = { rows: 0, imported: 0, rejected: 0, unchanged: 0, reasons: {} }
  const check = rowChecker(header, issuers)
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const batch of records) {
      // The next batch is read and checked while the one before is written: Node and Postgres use a core each.
      const results = batch.map(check)
      await writing
      writing = writeBatch(ctx, rejects, results, summary)
      // Heard below; without this a failure while the next batch is read would end the process unheard.
      writing.catch(() => undefined)
      input.onProgress?.({ bytes: chunks.bytesRead, ofBytes: size, summary })
    }
    await writing
    input.onProgress?.({ bytes: size, ofBytes: size, summary })
  } finally {
    chunks.destroy()
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
  file: RejectsFile,
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

async function* inBatches(lists: AsyncIterable<RawRecord[]>, rows: number): AsyncGenerator<RawRecord[]> {
  let header = false
  let waiting: RawRecord[] = []
  for await (const list of lists) {
    for (const record of list) {
      waiting.push(record)
      // The header comes alone, so that its columns are known before the first row.
      if (header && waiting.length < rows) continue
      header = true
      yield waiting
      waiting = []
    }
  }
  if (waiting.length > 0) yield waiting
}

async function readFirst(records: AsyncGenerator<RawRecord[]>, file: string): Promise<FleetColumn[]> {
  const first = (await records.next()) as IteratorResult<RawRecord[], void>
  if (first.done) throw new SetupError(`${file} is empty: nothing was imported`)
  const header = readHeader(splitFields(first.value[0]!.text.slice(0, 4096)))
  if (typeof header === 'string') throw new SetupError(`${file} is not a fleet file: ${header}`)
  return header
}

/** Size in bytes of a file that can be read, and that the reject file would not replace. */
async function checkFiles({ file, rejects }: ImportInput): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(
      error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read (${error.code})`,
    )
  })
  if (!found.isFile())
    throw new SetupError(`${file} is not a plain file: save the fleet to one, for it is read twice`)
  await access(file, constants.R_OK).catch(() => {
    throw new SetupError(`${file} can't be read: its owner has to give you the right to`)
  })
  const target = await stat(rejects).catch(() => undefined)
  if (target && target.ino === found.ino && target.dev === found.dev)
    throw new SetupError(`--rejects names the fleet file itself: choose another file for the rejected rows`)
  return found.size
}

function encodingError(file: string, fault: EncodingFault): EncodingError {
  return new EncodingError(
    `${file} is not UTF-8: line ${fault.line}, byte ${fault.byte} (counted from 0) is not part of it, it looks ` +
      `like ${fault.looksLike === 'binary' ? 'binary data' : fault.looksLike}. Nothing was imported: save the file ` +
      `as UTF-8 (for example iconv -f GB18030 -t UTF-8) and run the import again`,
  )
}
