import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { minorDigits } from '../../ledger/money.ts'
import { SetupError } from '../../platform/errors.ts'
import type { FaultyLine, LineFault, StatementLine, StatementReader } from './port.ts'
import { readDay, readSigned } from './read-cells.ts'
import type { StatementFormat } from './statement-format.ts'

const longest_line = 65_536

type Row = { record: string[]; info: { lines: number } }
type Places = Record<string, number>

/**
 * Reads a CSV statement (UTF-8, checked before) in a stream. Throws SetupError when the file has not the columns that
 * the settings name, or when its quotes don't add up.
 */
export function csvStatement(format: StatementFormat): StatementReader {
  return async function* read(file) {
    const bytes = createReadStream(file)
    const rows = bytes.pipe(
      parse({
        bom: true,
        delimiter: format.delimiter,
        from_line: format.skipLines + 1,
        info: true,
        max_record_size: longest_line,
        relax_column_count: true,
        skip_empty_lines: true,
      }),
    )
    bytes.on('error', (error) => rows.destroy(error))
    try {
      let places: Places | undefined
      for await (const row of rows as AsyncIterable<Row>) {
        if (places === undefined) places = placesOf(row.record, format, file)
        else yield readLine(row, places, format)
      }
      if (places === undefined) throw new SetupError(`${file} is empty: nothing was imported`)
    } catch (error) {
      throw asSetupError(error, file)
    } finally {
      bytes.destroy()
    }
  }
}

const header_length = Symbol('columns of the header')

function placesOf(header: string[], format: StatementFormat, file: string): Places {
  const names = header.map((name) => name.trim())
  const { text, ...single } = format.columns
  const places: Places = {}
  for (const name of [...Object.values(single), ...text].filter((one) => one !== undefined)) {
    const at = names.indexOf(name)
    if (at < 0)
      throw new SetupError(
        `${file} has no column "${name}": its header must be as providers.bankStatement says (see skipLines and delimiter)`,
      )
    places[name] = at
  }
  Object.defineProperty(places, header_length, { value: names.length })
  return places
}

function readLine(
  { record, info }: Row,
  places: Places,
  format: StatementFormat,
): StatementLine | FaultyLine {
  const { columns } = format
  const line = info.lines
  const columnsOfHeader = (places as { [header_length]?: number })[header_length] ?? 0
  if (record.length !== columnsOfHeader) {
    const fault = record.length < columnsOfHeader ? 'missing_columns' : 'too_many_columns'
    return { line, faults: [fault], original: record }
  }
  const cell = (name: string | undefined) => (name === undefined ? '' : (record[places[name]!] ?? '').trim())
  const faults: LineFault[] = []
  const bookedOn = readDay(cell(columns.bookedOn), format.date)
  if (bookedOn === undefined) faults.push('bad_date')
  const currency = format.currency ?? cell(columns.currency)
  const amount = minorDigits(currency) === undefined ? 'unknown_currency' : amountOf(format, currency, cell)
  if (typeof amount === 'string') faults.push(amount)
  else if (amount === 0n) faults.push('amount_zero')
  if (faults.length > 0 || bookedOn === undefined || typeof amount === 'string')
    return { line, faults, original: record }
  const text = columns.text.map(cell).join(' ')
  const endToEndId = cell(columns.endToEndId) || undefined
  const identity = JSON.stringify([
    bookedOn,
    amount.toString(),
    currency,
    text,
    endToEndId,
    cell(columns.entryRef),
  ])
  return { line, bookedOn, amount, currency, text, endToEndId, identity }
}

function amountOf(
  format: StatementFormat,
  currency: string,
  cell: (name: string | undefined) => string,
): bigint | LineFault {
  const { amount, credit, debit } = format.columns
  if (amount !== undefined) return readSigned(cell(amount), currency, format)
  const [came, went] = [cell(credit), cell(debit)]
  if ((came === '') === (went === '')) return 'amount_twice'
  const read = readSigned(came || went, currency, format)
  if (typeof read === 'string' || came !== '') return read
  // In a column of its own, what went out is written with or without a minus.
  return read > 0n ? -read : read
}

function asSetupError(error: unknown, file: string): unknown {
  const { code, lines } = error as { code?: string; lines?: number }
  if (!code?.startsWith('CSV_')) return error
  return new SetupError(
    `${file} can't be read on from line ${lines ?? '?'} (${code.toLowerCase()}): check its quotes and the delimiter`,
  )
}
