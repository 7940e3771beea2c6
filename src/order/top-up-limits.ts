import { decimal, formatMoney, minorDigits, type Money, parseAmount } from '../ledger/money.ts'
import { Refusal } from '../platform/errors.ts'

/** Least and most of one top-up, in minor units. A currency that is not named can't be topped up. */
const limits: Record<string, { min: bigint; max: bigint }> = {
  CNY: { min: 1_000n, max: 100_000n },
  EUR: { min: 200n, max: 15_000n },
  HKD: { min: 1_000n, max: 120_000n },
  JPY: { min: 200n, max: 20_000n },
  KWD: { min: 500n, max: 45_000n },
  USD: { min: 200n, max: 15_000n },
}

export type TopUpLimits = { min: Money; max: Money }

export function topUpLimits(currency: string): TopUpLimits | undefined {
  const known = limits[currency]
  return known && { min: { amount: known.min, currency }, max: { amount: known.max, currency } }
}

/**
 * Reads what somebody typed as the amount of a top-up in the card's own currency. Throws Refusal order/amount_… or
 * order/no_top_up_in_currency, with what would be right.
 */
export function readTopUp(text: string, currency: string): Money {
  const range = topUpLimits(currency)
  if (!range) throw new Refusal('order/no_top_up_in_currency', { currency })
  const facts = {
    currency,
    digits: String(minorDigits(currency)),
    example: decimal(range.min),
  }
  const limit = (of: Money) => ({ 'zh-CN': formatMoney(of, 'zh-CN'), en: formatMoney(of, 'en') })
  const worded = { min: limit(range.min), max: limit(range.max) }
  const typed = text.trim()
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
