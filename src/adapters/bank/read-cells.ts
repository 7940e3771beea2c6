import { parseAmount } from '../../ledger/money.ts'
import type { LineFault } from './port.ts'
import type { StatementFormat } from './statement-format.ts'

const month_days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A day as the format says, as YYYY-MM-DD; undefined for anything else, also for 31 February. */
export function readDay(text: string, format: StatementFormat['date']): string | undefined {
  const pattern = format
    .replace('YYYY', '(?<y>\\d{4})')
    .replace('MM', '(?<m>\\d\\d)')
    .replace('DD', '(?<d>\\d\\d)')
  const found = new RegExp(`^${pattern.replaceAll('.', '\\.')}$`).exec(text)?.groups
  if (!found) return undefined
  const [year, month, day] = [Number(found.y), Number(found.m), Number(found.d)]
  if (year < 2000 || year > 2199 || day < 1 || day > (month_days[month - 1] ?? 0)) return undefined
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0)))
    return undefined
  return `${found.y}-${found.m}-${found.d}`
}

type Written = Pick<StatementFormat, 'decimal' | 'thousands'>

/**
 * A signed amount in the bank's spelling, in minor units. Groups have exactly three digits; exponents, currency signs
 * and a second decimal sign are faults, for a guess here would be money.
 */
export function readSigned(
  text: string,
  currency: string,
  { decimal, thousands }: Written,
): bigint | LineFault {
  const signed = /^([+-]?)(.*)$/s.exec(text.trim())!
  // Banks set typographic signs, too: a minus, and spaces that don't break.
  const minus = signed[1] === '-' || text.trim().startsWith('−')
  const digits = signed[2]!.replace(/^−/, '').replace(/[\u00a0\u202f]/g, ' ')
  const [whole = '', ...fractions] = digits.split(decimal)
  if (fractions.length > 1) return 'bad_amount'
  const grouped = thousands !== undefined && whole.includes(thousands)
  if (
    grouped &&
    !whole.split(thousands).every((group, at) => (at === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(group))
  )
    return 'bad_amount'
  const plain = grouped ? whole.replaceAll(thousands, '') : whole
  const [fraction] = fractions
  const money = parseAmount(fraction === undefined ? plain : `${plain}.${fraction}`, currency)
  if (typeof money === 'string') return faultOf[money]
  return minus ? -money.amount : money.amount
}

const faultOf = {
  unknown_currency: 'unknown_currency',
  not_an_amount: 'bad_amount',
  negative: 'bad_amount',
  too_many_digits: 'amount_digits',
  too_large: 'amount_too_large',
} as const satisfies Record<string, LineFault>
