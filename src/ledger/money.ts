/** Money in minor units of an ISO 4217 currency. In JSON the amount is a string; a float never touches it. */
export type Money = { amount: bigint; currency: string }
export type MoneyJson = { amount: string; currency: string }

/** Digits after the point, ISO 4217 (amendment 176). Every currency not listed has 2. */
const exponents: Record<string, number> = {
  BIF: 0,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  ISK: 0,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  PYG: 0,
  RWF: 0,
  UGX: 0,
  UYI: 0,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
  BHD: 3,
  IQD: 3,
  JOD: 3,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
}
const two = (
  'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP ' +
  'CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR ' +
  'JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN ' +
  'NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP ' +
  'SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG'
).split(' ')
for (const code of two) exponents[code] = 2

/** Digits after the point, or undefined for a code that ISO 4217 doesn't list. */
export function minorDigits(currency: string): number | undefined {
  return Object.hasOwn(exponents, currency) ? exponents[currency] : undefined
}

/** What a text amount can be wrong about. */
export type AmountFault = 'unknown_currency' | 'not_an_amount' | 'negative' | 'too_many_digits' | 'too_large'

const largest = 2n ** 63n - 1n

/**
 * Reads a plain decimal such as `86.40` in the currency's own digits: no sign, exponent or thousands separator.
 * Answers the money or what is wrong; a database's bigint is the upper limit.
 */
export function parseAmount(text: string, currency: string): Money | AmountFault {
  const digits = minorDigits(currency)
  if (digits === undefined) return 'unknown_currency'
  if (/^-\d+(\.\d+)?$/.test(text)) return 'negative'
  const match = /^(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text)
  if (!match) return 'not_an_amount'
  const fraction = match[2] ?? ''
  if (fraction.length > digits) return 'too_many_digits'
  const amount = BigInt(match[1]! + fraction.padEnd(digits, '0'))
  return amount > largest ? 'too_large' : { amount, currency }
}

/** `8640` CNY as `86.40`; never rounds. */
export function decimal(money: Money): string {
  const digits = minorDigits(money.currency) ?? 2
  const sign = money.amount < 0n ? '-' : ''
  const text = (money.amount < 0n ? -money.amount : money.amount).toString().padStart(digits + 1, '0')
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** As a holder reads it: `¥86.40`, `€12.30`, exact to the last digit (Intl takes the decimal text). */
export function formatMoney(money: Money, locale: string): string {
  const digits = minorDigits(money.currency) ?? 2
  const format = new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: money.currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return format.format(decimal(money) as Intl.StringNumericLiteral).replace('-', '−')
}

/** As on a statement: `+¥86.40`, `−€12.30`; zero has no sign. */
export function formatSigned(money: Money, locale: string): string {
  const { amount, currency } = money
  const sign = amount > 0n ? '+' : amount < 0n ? '−' : ''
  return sign + formatMoney({ amount: amount < 0n ? -amount : amount, currency }, locale)
}

export function moneyJson(money: Money): MoneyJson {
  return { amount: money.amount.toString(), currency: money.currency }
}
