import { type AmountFault, parseAmount } from '../ledger/money.ts'

/** Rules for single fields of a fleet row. Each takes tidy text and answers a value, or what is wrong. */

/** E.164: a plus, then 7 to 15 digits that don't begin with 0. */
export function isE164(text: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(text)
}

/** One address as RFC 5321 allows it without quoting; nothing that could break out of a mail header. */
export function isEmail(text: string): boolean {
  return (
    text.length <= 254 &&
    /^[^\s@"<>,;:()[\]\\\p{C}]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}$/u.test(
      text,
    )
  )
}

/** The locale LEB speaks to a holder whose old system said `tag`: Chinese for zh, else English; null for no tag. */
export function spokenLocale(tag: string): 'zh-CN' | 'en' | null {
  if (!/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*$/.test(tag)) return null
  return /^zh\b|^zh_/i.test(tag) ? 'zh-CN' : 'en'
}

const moment =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const month_days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Milliseconds since 1970 of an RFC 3339 time with zone between 2000 and 2199, or null. */
export function instantOf(text: string): number | null {
  const match = moment.exec(text)
  if (!match) return null
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (year < 2000 || year > 2199 || day < 1 || day > (month_days[month - 1] ?? 0)) return null
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return null
  return Date.parse(text.toUpperCase())
}

/** A bucket: a whole number from 0, up to 15 digits. */
export function isCount(text: string): boolean {
  return /^\d{1,15}$/.test(text)
}

// Nine million cards, each with this much, still fit the bigint of the issuer's opening account.
const largest_minor = 1_000_000_000_000n

/** Minor units, or what is wrong. No card holds or costs more than 10^12 minor units. */
export function minorUnits(text: string, currency: string): bigint | AmountFault {
  const money = parseAmount(text, currency)
  if (typeof money === 'string') return money
  return money.amount > largest_minor ? 'too_large' : money.amount
}
