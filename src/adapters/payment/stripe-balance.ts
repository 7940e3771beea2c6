import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { minorDigits } from '../../ledger/money.ts'
import { SetupError } from '../../platform/errors.ts'
import { readSigned } from '../bank/read-cells.ts'

/**
 * One line of Stripe's itemized balance report (docs.stripe.com/reports/report-types/balance,
 * balance_change_from_activity.itemized.3 and the balance history of the dashboard). Minor units by ISO 4217.
 */
export type BalanceLine = {
  line: number
  /** balance_transaction_id: names the line for ever. */
  txn: string
  at: Date
  currency: string
  /** Below 0 left us. */
  gross: bigint
  /** Above 0 was kept by the provider. */
  fee: bigint
  net: bigint
  category: string
  source: string
  charge: string
  intent: string
  /** What the payer saw, where the provider changed currencies. */
  facing: { amount: bigint; currency: string } | undefined
  /** The issuer who opened the payment, where the export has LEB's metadata. */
  owner: string
}
export type FaultyBalanceLine = { line: number; fault: string }

const needed = [
  'balance_transaction_id',
  'currency',
  'gross',
  'fee',
  'net',
  'reporting_category',
  'source_id',
] as const

type Cell = (name: string) => string

/**
 * Reads the report in a stream. `decimal` is what the report was made with (its parameter decimal_separator). Throws
 * SetupError, one sentence, when it is not such a report.
 */
export async function* readBalanceReport(
  file: string,
  decimal: '.' | ',',
): AsyncGenerator<BalanceLine | FaultyBalanceLine> {
  const bytes = createReadStream(file)
  const rows = bytes.pipe(
    parse({
      bom: true,
      info: true,
      max_record_size: 65_536,
      relax_column_count: true,
      skip_empty_lines: true,
    }),
  )
  bytes.on('error', (error) => rows.destroy(error))
  try {
    let header: string[] | undefined
    for await (const row of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const { record, info } = row
      if (header === undefined) header = readHeader(record, file)
      else if (record.length !== header.length) yield { line: info.lines, fault: 'columns' }
      else {
        const places = header
        yield readLine(info.lines, decimal, (name) => record[places.indexOf(name)]?.trim() ?? '')
      }
    }
    if (header === undefined) throw new SetupError(`${file} is empty`)
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number }
    if (code === 'ENOENT') throw new SetupError(`there is no file ${file}`)
    if (!code?.startsWith('CSV_')) throw error
    throw new SetupError(`${file} can't be read on from line ${lines ?? '?'} (${code.toLowerCase()})`)
  } finally {
    bytes.destroy()
  }
}

function readHeader(record: string[], file: string): string[] {
  const header = record.map((name) => name.trim())
  const lacks = needed.filter((name) => !header.includes(name))
  if (!header.includes('created_utc') && !header.includes('created')) lacks.push('created_utc' as never)
  if (!header.includes('payment_intent_id') && !header.includes('charge_id'))
    lacks.push('payment_intent_id' as never)
  if (lacks.length > 0)
    throw new SetupError(
      `${file} is no itemized balance report of Stripe's: it lacks ${lacks.join(', ')} (docs/operate/payments.md)`,
    )
  return header
}

function readLine(line: number, decimal: '.' | ',', cell: Cell): BalanceLine | FaultyBalanceLine {
  const currency = cell('currency').toUpperCase()
  if (minorDigits(currency) === undefined) return { line, fault: 'currency' }
  const money = (name: string, of = currency) => amountOf(cell(name), of, decimal)
  const [gross, fee, net] = [money('gross'), money('fee'), money('net')]
  const at = readTime(cell('created_utc') || cell('created'))
  if (typeof gross === 'string') return { line, fault: `gross: ${gross}` }
  if (typeof fee === 'string') return { line, fault: `fee: ${fee}` }
  if (typeof net === 'string') return { line, fault: `net: ${net}` }
  if (at === undefined) return { line, fault: 'created_utc' }
  const txn = cell('balance_transaction_id')
  if (!/^[\w-]{1,255}$/.test(txn)) return { line, fault: 'balance_transaction_id' }
  const facingCurrency = cell('customer_facing_currency').toUpperCase()
  const facing = facingCurrency === '' ? undefined : money('customer_facing_amount', facingCurrency)
  return {
    line,
    txn,
    at,
    currency,
    gross,
    fee,
    net,
    category: cell('reporting_category'),
    source: cell('source_id'),
    charge: cell('charge_id'),
    intent: cell('payment_intent_id'),
    facing: typeof facing === 'bigint' ? { amount: facing, currency: facingCurrency } : undefined,
    owner: cell('payment_metadata[leb_issuer]'),
  }
}

/** Stripe writes ISK and UGX with two zeros (stripe-amount.ts); zeros after the point change no amount. */
function amountOf(text: string, currency: string, decimal: '.' | ','): bigint | string {
  const zeros = minorDigits(currency) === 0 ? new RegExp(`[${decimal}]0+$`) : /$^/
  return readSigned(text.replace(zeros, ''), currency, { decimal, thousands: undefined })
}

function readTime(text: string): Date | undefined {
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)(?:\.\d+)?Z?$/.exec(text)
  if (!found) return undefined
  const at = new Date(`${found[1]}T${found[2]}${found[2]!.length === 5 ? ':00' : ''}Z`)
  return Number.isNaN(at.getTime()) ? undefined : at
}
