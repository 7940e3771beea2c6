import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'

/** Where a file stops being UTF-8: the byte counted from 0, the line counted from 1. */
export type EncodingFault = {
  byte: number
  line: number
  looksLike: 'UTF-16' | 'binary' | 'another encoding'
}

/**
 * Reads a file once, before anything is imported, so that a wrong encoding is refused with nothing half done.
 * Answers how many bytes of byte order mark to skip, or where the fault is. Memory: one chunk.
 */
export async function checkEncoding(file: string): Promise<{ skip: number } | EncodingFault> {
  let byte = 0
  let line = 1
  let skip = 0
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    if (byte === 0) {
      if (isUtf16(bytes)) return { byte: 0, line: 1, looksLike: 'UTF-16' }
      if (bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) skip = 3
    }
    const whole = bytes.subarray(0, bytes.length - openTail(bytes))
    if (!isUtf8(whole) || whole.includes(0)) return findFault(whole, byte, line)
    byte += whole.length
    line += countLines(whole)
    rest = bytes.subarray(whole.length)
  }
  if (rest.length > 0) return { byte, line, looksLike: 'another encoding' }
  return { skip }
}

/** By its mark, or by the zero that is every other byte of Latin text in UTF-16. */
function isUtf16(bytes: Buffer): boolean {
  const [a, b, c, d] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true
  return (a === 0 && b !== 0 && c === 0 && d !== 0) || (a !== 0 && b === 0 && c !== 0 && d === 0)
}

/** Bytes at the end that may begin a sign which the next chunk completes. */
function openTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const value = bytes[bytes.length - back]!
    if ((value & 0xc0) === 0x80) continue
    const length = value >= 0xf0 ? 4 : value >= 0xe0 ? 3 : value >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}

/** Halves the way to the first bad byte: a prefix is good when it is UTF-8 up to a sign cut at its end. */
function findFault(bytes: Buffer, byte: number, line: number): EncodingFault {
  const zero = bytes.indexOf(0)
  let good = 0
  let bad = bytes.length
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    const prefix = bytes.subarray(0, middle)
    if (isUtf8(prefix.subarray(0, middle - openTail(prefix)))) good = middle
    else bad = middle
  }
  const at = good - openTail(bytes.subarray(0, good))
  const zeroFirst = zero >= 0 && (zero <= at || isUtf8(bytes))
  const place = zeroFirst ? zero : at
  return {
    byte: byte + place,
    line: line + countLines(bytes.subarray(0, place)),
    looksLike: zeroFirst ? 'binary' : 'another encoding',
  }
}
