import { createReadStream } from 'node:fs'
import { constants, access, stat } from 'node:fs/promises'
import { SetupError } from '../platform/errors.ts'
import { checkEncoding, type EncodingFault } from './check-encoding.ts'
import { type RawRecord, readRecords, splitFields } from './read-records.ts'

/** A CSV file that is read in a stream, its header known. */
export type Table<Header> = {
  header: Header
  /** Rows after the header, so many at a time. */
  batches: AsyncIterable<RawRecord[]>
  sizeBytes: number
  bytesRead(): number
  close(): void
}

/**
 * Opens a CSV file for an import. Throws SetupError, one sentence, before anything is done:
 * for a file that can't be read, is not UTF-8, is empty, has another header, or is the reject file itself.
 * @param what kind of file it should be, e.g. `fleet`, for the sentences
 * @param readHeader the header as the import needs it, or what is wrong with it
 */
export async function openTable<Header extends object>(
  input: { file: string; rejects: string; what: string; batchRows: number },
  readHeader: (names: string[]) => Header | string,
): Promise<Table<Header>> {
  const { file, what } = input
  const sizeBytes = await checkFiles(input)
  const checked = await checkEncoding(file)
  if (!('skip' in checked)) throw encodingError(file, checked)
  const chunks = createReadStream(file, { start: checked.skip, highWaterMark: 1 << 18 })
  const batches = inBatches(readRecords(chunks), input.batchRows)
  try {
    const first = (await batches.next()) as IteratorResult<RawRecord[], void>
    if (first.done) throw new SetupError(`${file} is empty: nothing was imported`)
    const header = readHeader(splitFields(first.value[0]!.text.slice(0, 4096)))
    if (typeof header === 'string') throw new SetupError(`${file} is not a ${what} file: ${header}`)
    return {
      header,
      batches,
      sizeBytes,
      bytesRead: () => chunks.bytesRead,
      close: () => void chunks.destroy(),
    }
  } catch (error) {
    chunks.destroy()
    throw error
  }
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

/** Size in bytes of a file that can be read, and that the reject file would not replace. */
async function checkFiles({
  file,
  rejects,
  what,
}: {
  file: string
  rejects: string
  what: string
}): Promise<number> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(
      error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read (${error.code})`,
    )
  })
  if (!found.isFile())
    throw new SetupError(`${file} is not a plain file: save the ${what} to one, for it is read twice`)
  await access(file, constants.R_OK).catch(() => {
    throw new SetupError(`${file} can't be read: its owner has to give you the right to`)
  })
  const target = await stat(rejects).catch(() => undefined)
  if (target && target.ino === found.ino && target.dev === found.dev)
    throw new SetupError(`--rejects names the ${what} file itself: choose another file for the rejected rows`)
  return found.size
}

// What it most often is where nobody can tell: this is a house of Chinese fleets.
const iconvOf = { 'UTF-16': 'UTF-16', binary: undefined, 'another encoding': 'GB18030' }

function encodingError(file: string, fault: EncodingFault): SetupError {
  const iconv = iconvOf[fault.looksLike]
  return new SetupError(
    `${file} is not UTF-8: line ${fault.line}, byte ${fault.byte} (counted from 0) is not part of it, it looks ` +
      `like ${fault.looksLike === 'binary' ? 'binary data' : fault.looksLike}. Nothing was imported: save the file ` +
      `as UTF-8${iconv ? ` (for example iconv -f ${iconv} -t UTF-8)` : ''} and run the import again`,
  )
}
