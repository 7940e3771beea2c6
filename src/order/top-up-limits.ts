import type { TopUpRules } from '../issuer/top-up-rules.ts'
import { decimal, formatMoney, minorDigits, type Money, parseAmount } from '../ledger/money.ts'
import { Refusal } from '../platform/errors.ts'

export type TopUpLimits = { min: Money; max: Money }

/** Least and most of one top-up in a currency; undefined where the issuer takes none in it. */
export function topUpLimits(rules: TopUpRules, currency: string): TopUpLimits | undefined {
  const known = Object.hasOwn(rules, currency) ? rules[currency] : undefined
  return (
    known && { min: { amount: BigInt(known.least), currency }, max: { amount: BigInt(known.most), currency } }
  )
}

/** `２０．５` or `20。5`, as a Chinese keyboard types it, is `20.5`. */
const halfWidth = (text: string): string =>
  text
    .replaceAll(/[\uFF01-\uFF5E]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replaceAll('。', '.')

/**
 * Reads what somebody typed as the amount of a top-up in the card's own currency. Throws Refusal order/amount_… or
 * order/no_top_up_in_currency, with what would be right.
 */
export function readTopUp(rules: TopUpRules, text: string, currency: string): Money {
  const range = topUpLimits(rules, currency)
  if (!range) throw new Refusal('order/no_top_up_in_currency', { currency })
  const facts = {
    currency,
    digits: String(minorDigits(currency)),
    example: decimal(range.min),
  }
  const limit = (of: Money) => ({ 'zh-CN': formatMoney(of, 'zh-CN'), en: formatMoney(of, 'en') })
  const worded = { min: limit(range.min), max: limit(range.max) }
  const typed = halfWidth(text).trim()
  if (typed === '') throw new Refusal('order/amount_missing', facts, worded)
  const read = parseAmount(typed, currency)
  if (typeof read !== 'string') {
    const fits = read.amount >= range.min.amount && read.amount <= range.max.amount
    if (!fits) throw new Refusal('order/amount_out_of_range', facts, worded)
    return read
  }
  switch (read) {
    case 'negative':
      throw new Refusal('order/amount_negative', facts, worded)
    case 'too_many_digits':
      throw new Refusal('order/amount_too_many_digits', facts)
    case 'too_large':
      throw new Refusal('order/amount_out_of_range', facts, worded)
    case 'not_an_amount':
      throw new Refusal('order/amount_not_plain', facts)
    case 'unknown_currency':
      throw new Refusal('order/no_top_up_in_currency', facts)
  }
}
