import { parse } from 'csv-parse/sync'

/** One record as it stood in the file: `line` is where it begins (the header is 1), `text` lacks its line end. */
export type RawRecord = { line: number; text: string; fault?: 'record_too_long' | 'broken_quotes' }

/** A record is some 300 bytes; more than this is no card. It also bounds the search for a closing quote. */
const record_limit = 65_536
/** So much of a line that is far too long is kept for the reject file; the rest is read past. */
const kept_bytes = 1_048_576

type Line = { number: number; text: string }

/**
 * Splits bytes (UTF-8, checked before) into records, a list for each chunk, in bounded memory. A line break
 * inside quotes belongs to the record. Where quotes don't add up only the line they begin on is faulty: reading
 * goes on with the next line, so that one stray quote can't swallow the rest of the file. Empty lines are no records.
 */
export async function* readRecords(chunks: AsyncIterable<Buffer>): AsyncGenerator<RawRecord[]> {
  const assembler = makeAssembler()
  let number = 0
  for await (const lines of readLines(chunks)) {
    const out: RawRecord[] = []
    for (const text of lines) assembler.feed({ number: ++number, text }, out)
    yield out
  }
  const out: RawRecord[] = []
  assembler.end(out)
  yield out
}

/** The fields of one record. Records without quotes, nearly all, need no parser. */
export function splitFields(text: string): string[] {
  if (!text.includes('"')) return text.split(',')
  const records = parse(text, { relax_column_count: true, relax_quotes: true, record_delimiter: '\n' })
  return records[0] ?? []
}

async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let held: Buffer[] = []
  let size = 0
  const hold = (part: Buffer) => {
    if (part.length > 0 && size < kept_bytes) held.push(part.subarray(0, kept_bytes - size))
    size += part.length
  }
  const take = () => {
    const line = decodeWhole(Buffer.concat(held), size)
    held = []
    size = 0
    return line
  }
  for await (const chunk of chunks) {
    const first = chunk.indexOf(10)
    if (first < 0) {
      hold(chunk)
      continue
    }
    const last = chunk.lastIndexOf(10)
    hold(chunk.subarray(0, first))
    const lines = [take()]
    // One decoding for all lines that lie whole in the chunk: a byte 10 is never part of a longer UTF-8 sign.
    if (last > first) for (const line of chunk.toString('utf8', first + 1, last).split('\n')) lines.push(line)
    hold(chunk.subarray(last + 1))
    yield lines
  }
  if (size > 0) yield [take()]
}

/** Decodes a line, cut or whole; a cut one loses the sign that was cut through. */
function decodeWhole(bytes: Buffer, size: number): string {
  let end = bytes.length
  if (end < size) {
    while (end > 0 && (bytes[end - 1]! & 0xc0) === 0x80) end--
    end--
  }
  return bytes.toString('utf8', 0, end)
}

function makeAssembler() {
  let open: Line[] = []
  let openSize = 0

  const emit = (lines: Line[], out: RawRecord[], fault?: RawRecord['fault']) => {
    const text = lines.map((line) => line.text).join('\n')
    const tidy = text.endsWith('\r') ? text.slice(0, -1) : text
    if (tidy !== '') out.push({ line: lines[0]!.number, text: tidy, ...(fault && { fault }) })
  }

  const feed = (next: Line, out: RawRecord[]) => {
    const queue = [next]
    for (let line = queue.shift(); line; line = queue.shift()) {
      if (open.length === 0 && line.text.length > record_limit) {
        emit([line], out, 'record_too_long')
        continue
      }
      const state = scanQuotes(line.text, open.length > 0)
      open.push(line)
      openSize += line.text.length
      if (state === 'open' && openSize <= record_limit) continue
      const lines = open
      open = []
      openSize = 0
      if (state === 'closed') emit(lines, out)
      else {
        emit(lines.slice(0, 1), out, 'broken_quotes')
        queue.unshift(...lines.slice(1))
      }
    }
  }

  const end = (out: RawRecord[]) => {
    while (open.length > 0) {
      const lines = open
      open = []
      openSize = 0
      emit(lines.slice(0, 1), out, 'broken_quotes')
      for (const line of lines.slice(1)) feed(line, out)
    }
  }
  return { feed, end }
}

/** Follows the quotes of RFC 4180 through one line; `broken` where text follows a closing quote. */
function scanQuotes(text: string, inside: boolean): 'open' | 'closed' | 'broken' {
  if (!text.includes('"')) return inside ? 'open' : 'closed'
  for (let at = 0; ;) {
    if (inside) {
      const quote = text.indexOf('"', at)
      if (quote < 0) return 'open'
      at = quote + 2
      const after = text[quote + 1]
      if (after === '"') continue
      if (after === undefined || (after === '\r' && at === text.length)) return 'closed'
      if (after !== ',') return 'broken'
      inside = false
    }
    if (text[at] === '"') {
      inside = true
      at++
      continue
    }
    const comma = text.indexOf(',', at)
    if (comma < 0) return 'closed'
    at = comma + 1
  }
}
