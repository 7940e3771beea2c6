import type { SmallestStep } from './port.ts'

/**
 * Stripe's amounts differ from ISO 4217 minor units for a few currencies (docs.stripe.com/currencies,
 * "Zero-decimal", "Three-decimal" and "Special cases").
 */

/** No minor unit by ISO 4217, but Stripe wants two digits that are always 00: 5 ISK is sent as 500. */
const SENT_WITH_TWO_ZEROS = new Set(['ISK', 'UGX'])
/** Two digits by ISO 4217, none at Stripe: MGA 500 (5.00) is sent as 5, and 5.20 cannot be sent. */
const SENT_WITHOUT_MINOR_UNIT = new Set(['MGA'])
/** Three digits by ISO 4217, of which Stripe wants the last to be 0. */
const LAST_DIGIT_MUST_BE_ZERO = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND'])

export const stripeStep: SmallestStep = (currency) => {
  if (SENT_WITHOUT_MINOR_UNIT.has(currency)) return 100n
  return LAST_DIGIT_MUST_BE_ZERO.has(currency) ? 10n : 1n
}

/** The integer to send for an amount in ISO 4217 minor units, or undefined when Stripe cannot represent it. */
export function toStripeAmount(amount: bigint, currency: string): number | undefined {
  if (amount % stripeStep(currency) !== 0n) return undefined
  const exact = scaled(amount, currency)
  return exact > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(exact)
}

function scaled(amount: bigint, currency: string): bigint {
  if (SENT_WITH_TWO_ZEROS.has(currency)) return amount * 100n
  return SENT_WITHOUT_MINOR_UNIT.has(currency) ? amount / 100n : amount
}

/** ISO 4217 minor units of an integer that Stripe sent; undefined when it has a fraction that our units can't hold. */
export function fromStripeAmount(sent: number, currency: string): bigint | undefined {
  if (!Number.isSafeInteger(sent)) return undefined
  const exact = BigInt(sent)
  if (SENT_WITH_TWO_ZEROS.has(currency)) return exact % 100n === 0n ? exact / 100n : undefined
  return SENT_WITHOUT_MINOR_UNIT.has(currency) ? exact * 100n : exact
}
