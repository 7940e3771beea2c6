import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { csvStatement } from './csv-statement.ts'
import type { FaultyLine, StatementLine } from './port.ts'
import { readDay, readSigned } from './read-cells.ts'
import { statementFormatSchema, type StatementFormatInput } from './statement-format.ts'

let dir: string
beforeAll(async () => void (dir = await mkdtemp(join(tmpdir(), 'leb-bank-'))))
afterAll(() => rm(dir, { recursive: true }))

const german: StatementFormatInput = {
  kind: 'csv',
  delimiter: ';',
  decimal: ',',
  thousands: '.',
  date: 'DD.MM.YYYY',
  skipLines: 2,
  columns: {
    bookedOn: 'Buchungstag',
    amount: 'Betrag',
    text: ['Verwendungszweck', 'Kundenref'],
    endToEndId: 'E2E',
  },
  currency: 'EUR',
}
const twoSided: StatementFormatInput = {
  kind: 'csv',
  delimiter: ',',
  decimal: '.',
  date: 'YYYY-MM-DD',
  columns: { bookedOn: 'date', credit: 'in', debit: 'out', currency: 'ccy', text: ['note'], entryRef: 'ref' },
}

async function read(format: StatementFormatInput, content: string): Promise<(StatementLine | FaultyLine)[]> {
  const file = join(dir, 'statement.csv')
  await writeFile(file, content)
  const lines: (StatementLine | FaultyLine)[] = []
  for await (const line of csvStatement(statementFormatSchema.parse(format))(file)) lines.push(line)
  return lines
}

it('reads a German statement: lines before the header, decimal comma, quotes, byte order mark', async () => {
  const lines = await read(
    german,
    '\ufeffKonto;DE00\nStand;x\nBuchungstag;Name;Betrag;Verwendungszweck;Kundenref;E2E\n' +
      '22.11.2026;"Li; Lei";"1.234,56";"ORD\n2K7M";A;\n\n23.11.2026;B;-0,01;x;;abc\n',
  )
  expect(lines).toMatchObject([
    { bookedOn: '2026-11-22', amount: 123_456n, currency: 'EUR', text: 'ORD\n2K7M A', endToEndId: undefined },
    { bookedOn: '2026-11-23', amount: -1n, endToEndId: 'abc' },
  ])
  expect(JSON.stringify(lines, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))).not.toContain(
    'Lei',
  )
})

it('reads two columns of amounts and a column of currencies', async () => {
  const lines = await read(
    twoSided,
    'date,in,out,ccy,note,ref\n2026-11-22,20.00,,EUR,a,1\n2026-11-22,,5.001,KWD,b,2\n2026-11-22,,-7,JPY,c,3\n',
  )
  expect(lines).toMatchObject([
    { amount: 2_000n, currency: 'EUR' },
    { amount: -5_001n, currency: 'KWD' },
    { amount: -7n, currency: 'JPY' },
  ])
})

it('says of every line what is wrong with it, and reads on', async () => {
  const rows = [
    '2026-02-29,1,,EUR,a,1',
    '2026-11-22,1,1,EUR,a,1',
    '2026-11-22,,,EUR,a,1',
    '2026-11-22,0,,EUR,a,1',
  ]
  const more = [
    '2026-11-22,1,,EURO,a,1',
    '2026-11-22,1.001,,EUR,a,1',
    '2026-11-22,1e3,,EUR,a,1',
    '2026-11-22,1',
  ]
  const lines = await read(
    twoSided,
    ['date,in,out,ccy,note,ref', ...rows, ...more, '22.11.26,x,,EUR,a,1'].join('\n'),
  )
  expect(lines.map((line) => ('faults' in line ? line.faults : 'read'))).toEqual([
    ['bad_date'],
    ['amount_twice'],
    ['amount_twice'],
    ['amount_zero'],
    ['unknown_currency'],
    ['amount_digits'],
    ['bad_amount'],
    ['missing_columns'],
    ['bad_date', 'bad_amount'],
  ])
})

it('refuses in one sentence what is no statement of this bank', async () => {
  await expect(read(german, 'a\nb\nBuchungstag;Betrag;E2E;Kundenref\n')).rejects.toThrow(
    /no column "Verwendungszweck"/,
  )
  await expect(read(twoSided, '')).rejects.toThrow(/is empty/)
  await expect(read(twoSided, 'date,in,out,ccy,note,ref\n2026-11-22,"1\n')).rejects.toThrow(
    /check its quotes/,
  )
})

it('wants a format that leaves nothing to guess', () => {
  const wrong = [
    { ...german, decimal: ',', thousands: ',' },
    { ...german, currency: undefined },
    { ...twoSided, currency: 'EUR' },
    { ...twoSided, columns: { ...twoSided.columns, amount: 'x' } },
    { ...twoSided, columns: { ...twoSided.columns, debit: undefined } },
  ]
  for (const format of wrong) expect(statementFormatSchema.safeParse(format).success).toBe(false)
})

describe('amounts from outside', () => {
  const comma = { decimal: ',', thousands: '.' } as const
  const point = { decimal: '.', thousands: undefined } as const
  it.each([
    ['1.234.567,89', 'EUR', comma, 123_456_789n],
    ['+1,5', 'EUR', comma, 150n],
    ['−1,50', 'EUR', comma, -150n],
    ['12.34', 'EUR', comma, 'bad_amount'],
    ['1.2345,00', 'EUR', comma, 'bad_amount'],
    ['.123,00', 'EUR', comma, 'bad_amount'],
    ['1,2,3', 'EUR', comma, 'bad_amount'],
    ['1,234.00', 'EUR', point, 'bad_amount'],
    ['1e3', 'EUR', point, 'bad_amount'],
    ['NaN', 'EUR', point, 'bad_amount'],
    ['Infinity', 'EUR', point, 'bad_amount'],
    ['--1', 'EUR', point, 'bad_amount'],
    ['€1', 'EUR', point, 'bad_amount'],
    ['', 'EUR', point, 'bad_amount'],
    ['1.', 'EUR', point, 'bad_amount'],
    ['1.001', 'EUR', point, 'amount_digits'],
    ['1.5', 'JPY', point, 'amount_digits'],
    ['1.001', 'KWD', point, 1_001n],
    ['92233720368547758.07', 'EUR', point, 9_223_372_036_854_775_807n],
    ['92233720368547758.08', 'EUR', point, 'amount_too_large'],
    ['1', 'XXX', point, 'unknown_currency'],
  ])('%s %s', (text, currency, written, expected) => {
    expect(readSigned(text, currency, written as never)).toBe(expected)
  })

  it.each([
    ['2026-02-28', 'YYYY-MM-DD', '2026-02-28'],
    ['29.02.2028', 'DD.MM.YYYY', '2028-02-29'],
    ['12/31/2026', 'MM/DD/YYYY', '2026-12-31'],
    ['31/12/2026', 'MM/DD/YYYY', undefined],
    ['20261122', 'YYYYMMDD', '2026-11-22'],
    ['2026-1-2', 'YYYY-MM-DD', undefined],
    ['22x11x2026', 'DD.MM.YYYY', undefined],
    ['00.01.2026', 'DD.MM.YYYY', undefined],
  ])('the day %s', (text, format, day) => expect(readDay(text, format as never)).toBe(day))
})
