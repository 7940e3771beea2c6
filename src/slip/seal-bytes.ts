import { NotGenuine } from './verify-reasons.ts'

/** What the seal covers, and the seal itself (DER), as they lie in the file. */
export type SealBytes = { covered: Uint8Array; cms: Uint8Array }

const BYTE_RANGE = /\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g
const CONTENTS_KEY = /\/Contents\s*$/
// One spelling only: a change of case would alter the file and not the value.
const HEX = /^(?:[0-9A-F]{2})+$/

const onlyRange = (text: string): { gapStart: number; gapEnd: number } => {
  const ranges = Array.from(text.matchAll(BYTE_RANGE), (match) => match.slice(1).map(Number))
  const complete = /%%EOF\s*$/.test(text)
  if (ranges.length === 0) throw new NotGenuine(complete ? 'no_seal' : 'truncated')
  const ends = ranges.map(([, , start, length]) => start! + length!)
  if (ends.some((end) => end < text.length)) throw new NotGenuine('appended')
  if (ends.some((end) => end > text.length)) throw new NotGenuine('truncated')
  if (ranges.length > 1) throw new NotGenuine('appended')
  const [start, gapStart, gapEnd] = ranges[0] as [number, number, number, number]
  if (start !== 0 || gapStart >= gapEnd) throw new NotGenuine('changed')
  return { gapStart, gapEnd }
}

/** Length of the DER value that begins here, header included (definite lengths of at most three bytes). */
const derLength = (bytes: Uint8Array): number => {
  const first = bytes[1] ?? 0
  if (bytes[0] !== 0x30 || first < 0x81 || first > 0x83) throw new NotGenuine('changed')
  const size = first & 0x7f
  let length = 0
  for (let i = 0; i < size; i++) length = length * 256 + (bytes[2 + i] ?? 0)
  return 2 + size + length
}

/**
 * Finds the one seal and insists that it covers the whole file: everything but the gap that holds it, and the gap
 * is its hex string and nothing else (ISO 32000-2 12.8.1). Without this, appended bytes still read as "valid".
 * Throws NotGenuine.
 */
export const readSealBytes = (bytes: Uint8Array): SealBytes => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  if (!text.startsWith('%PDF-')) throw new NotGenuine('unreadable')
  const { gapStart, gapEnd } = onlyRange(text)
  const hex = text.slice(gapStart + 1, gapEnd - 1)
  const framed = text[gapStart] === '<' && text[gapEnd - 1] === '>'
  if (!framed || !HEX.test(hex) || !CONTENTS_KEY.test(text.slice(gapStart - 16, gapStart))) {
    throw new NotGenuine('changed')
  }
  const padded = new Uint8Array(Buffer.from(hex, 'hex'))
  const length = derLength(padded)
  if (length > padded.length || padded.subarray(length).some((byte) => byte !== 0))
    throw new NotGenuine('changed')
  const covered = new Uint8Array(bytes.length - (gapEnd - gapStart))
  covered.set(bytes.subarray(0, gapStart))
  covered.set(bytes.subarray(gapEnd), gapStart)
  return { covered, cms: padded.slice(0, length) }
}
