import { z } from 'zod'
import { minorDigits } from '../ledger/money.ts'

const amount = /^[1-9]\d{0,17}$/
const minor = z
  .string()
  .regex(amount, 'takes minor units above 0 as digits in quotes, such as "1250" for 12.50')

const limits = z
  .strictObject({ least: minor, most: minor })
  .refine(({ least, most }) => !amount.test(least) || !amount.test(most) || BigInt(least) <= BigInt(most), {
    error: 'has a least that is more than its most',
  })

/** Least and most of one top-up, by currency. */
export const topUpSchema = z.record(
  z.string().refine((code) => minorDigits(code) !== undefined, {
    error: 'takes the ISO 4217 code of a currency, such as EUR',
  }),
  limits,
)
export type TopUpRules = z.infer<typeof topUpSchema>

/** Of an issuer that says nothing: some 2 to 150 euros. In a currency that is not named nobody tops up. */
export const topUpUnlessTold: TopUpRules = {
  CNY: { least: '1000', most: '100000' },
  EUR: { least: '200', most: '15000' },
  HKD: { least: '1000', most: '120000' },
  JPY: { least: '200', most: '20000' },
  KWD: { least: '500', most: '45000' },
  USD: { least: '200', most: '15000' },
}
