import fc from 'fast-check'
import { stringify } from 'csv-stringify/sync'
import { describe, expect, test } from 'vitest'
import { type RawRecord, readRecords, splitFields } from './read-records.ts'

async function* chunked(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const records = async (text: string, size = 7) => {
  const found: RawRecord[] = []
  for await (const list of readRecords(chunked(Buffer.from(text), size))) found.push(...list)
  return found
}

describe('records', () => {
  test('keep their line and text whatever the line ends are', async () => {
    expect(await records('a,b\r\n1,张\r\n\r\n2,"x\r\ny"\r\n3,z')).toEqual([
      { line: 1, text: 'a,b' },
      { line: 2, text: '1,张' },
      { line: 4, text: '2,"x\r\ny"' },
      { line: 6, text: '3,z' },
    ])
  })

  test('one stray quote costs its own line only', async () => {
    expect(await records('a,"b\nc,d\ne,"f, g"\nh\n')).toEqual([
      { line: 1, text: 'a,"b', fault: 'broken_quotes' },
      { line: 2, text: 'c,d' },
      { line: 3, text: 'e,"f, g"' },
      { line: 4, text: 'h' },
    ])
    expect(await records('"never closed\nb\n')).toEqual([
      { line: 1, text: '"never closed', fault: 'broken_quotes' },
      { line: 2, text: 'b' },
    ])
  })

  test('a huge line is cut at a whole sign and costs only itself', async () => {
    const found = await records(`a\n${'张'.repeat(500_000)}\nb\n`, 65_536)
    expect(found.map(({ line, fault }) => [line, fault])).toEqual([
      [1, undefined],
      [2, 'record_too_long'],
      [3, undefined],
    ])
    expect(/^张+$/.test(found[1]!.text)).toBe(true)
    expect(Buffer.byteLength(found[1]!.text)).toBeLessThanOrEqual(1_048_576)
  })

  test('what csv-stringify writes is read back, in chunks of any size', async () => {
    const field = fc.stringMatching(/^[a-z张,"\n ]{0,8}$/)
    const rows = fc.array(fc.array(field, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (given, size) => {
        const read = await records(stringify(given), size)
        expect(read.map(({ text }) => splitFields(text))).toEqual(given)
      }),
      { seed: 20261122, numRuns: 200 },
    )
  })
})
