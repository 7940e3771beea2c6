import { randomUUID } from 'node:crypto'

export type BalanceLine = {
  id: string
  created: number
  currency: string
  /** The currency's smallest unit, as in Stripe's API; below 0 left us. */
  gross: number
  fee: number
  category: 'charge' | 'refund' | 'refund_failure' | 'dispute' | 'dispute_reversal' | 'fee' | 'payout'
  source: string
  payment?: string
}

export type BalanceBook = {
  add(line: Omit<BalanceLine, 'id' | 'created'>): void
  lines(): BalanceLine[]
  /** The itemized balance report (docs.stripe.com/reports/report-types/balance): major units, times in UTC. */
  csv(): string
}

const COLUMNS =
  'balance_transaction_id,created_utc,created,available_on_utc,available_on,currency,gross,fee,net,' +
  'reporting_category,source_id,description,customer_facing_amount,customer_facing_currency,charge_id,payment_intent_id'

/** What moved on the provider's account. */
export function openBalanceBook(now: () => number): BalanceBook {
  const lines: BalanceLine[] = []
  return {
    add: (line) =>
      void lines.push({
        ...line,
        id: `txn_${randomUUID().replaceAll('-', '')}`,
        created: Math.floor(now() / 1_000),
      }),
    lines: () => lines,
    csv: () => [COLUMNS, ...lines.map(row)].join('\n') + '\n',
  }
}

/** What the provider keeps of a charge: 1.5 % and 25 of the smallest unit, rounded up. */
export function chargeFee(amount: number): number {
  return Math.ceil((amount * 15) / 1_000) + 25
}

/** docs.stripe.com/disputes: one fee a dispute, won or lost. */
export const DISPUTE_FEE = 1_500

function row(line: BalanceLine): string {
  const at = new Date(line.created * 1_000).toISOString().slice(0, 19).replace('T', ' ')
  const units = (amount: number) => inMajorUnits(amount, line.currency)
  const charge = line.payment?.replace(/^pi_/, 'ch_') ?? ''
  const facing = line.category === 'charge' || line.category === 'refund'
  return [
    line.id,
    at,
    at,
    at,
    at,
    line.currency,
    units(line.gross),
    units(line.fee),
    units(line.gross - line.fee),
    line.category,
    line.source,
    '',
    facing ? units(line.gross) : '',
    facing ? line.currency : '',
    charge,
    line.payment ?? '',
  ].join(',')
}

const NO_DIGITS = new Set(['jpy', 'krw', 'vnd', 'clp', 'xaf', 'xof', 'xpf'])
export const THREE_DIGITS = new Set(['kwd', 'bhd', 'jod', 'omr', 'tnd'])

function inMajorUnits(amount: number, currency: string): string {
  const digits = NO_DIGITS.has(currency) ? 0 : THREE_DIGITS.has(currency) ? 3 : 2
  if (digits === 0) return String(amount)
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  return `${amount < 0 ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`
}
