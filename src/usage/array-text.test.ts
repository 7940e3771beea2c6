import pg from 'pg'
import fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { bytes, plain, quoted } from './array-text.ts'

it('is read by PostgreSQL as it was meant, whatever the text', async () => {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  const text = fc.string({ unit: 'binary' }).map((one) => one.replaceAll('\u0000', ''))
  const odd = fc.constantFrom('', 'NULL', '"', '\\', '{a,b}', ' x ', "'", ',')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(text, odd)),
      fc.array(fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))),
      fc.array(fc.uint8Array()),
      async (texts, numbers, blobs) => {
        const { rows } = await client.query<{ t: string[]; n: (string | null)[]; b: Buffer[] }>(
          'select $1::text[] as t, $2::bigint[] as n, $3::bytea[] as b',
          [quoted(texts), plain(numbers), bytes(blobs.map((blob) => Buffer.from(blob)))],
        )
        const { t, n, b } = rows[0]!
        expect(t).toEqual(texts)
        expect(n.map((one) => one && BigInt(one))).toEqual(numbers)
        expect(b.map((one) => [...one])).toEqual(blobs.map((blob) => [...blob]))
      },
    ),
    { seed: 3, numRuns: 100 },
  )
  await client.end()
})
