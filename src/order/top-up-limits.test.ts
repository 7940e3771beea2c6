import { expect, it } from 'vitest'
import { rulesSchema } from '../issuer/issuer.ts'
import { type Refusal } from '../platform/errors.ts'
import { readTopUp, topUpLimits } from './top-up-limits.ts'

const codeOf = (act: () => unknown): string => {
  try {
    return JSON.stringify(act(), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  } catch (error) {
    return (error as Refusal).code
  }
}

it('are the issuer’s own, in the currencies it names and in no other', () => {
  const { top_up } = rulesSchema.parse({ top_up: { SEK: { least: '2500', most: '150000' } } })
  expect(readTopUp(top_up, '25', 'SEK')).toEqual({ amount: 2_500n, currency: 'SEK' })
  expect(codeOf(() => readTopUp(top_up, '24.99', 'SEK'))).toBe('order/amount_out_of_range')
  expect(codeOf(() => readTopUp(top_up, '1500.01', 'SEK'))).toBe('order/amount_out_of_range')
  expect(codeOf(() => readTopUp(top_up, '20', 'EUR'))).toBe('order/no_top_up_in_currency')
  expect(topUpLimits(top_up, 'constructor')).toBeUndefined()
})

it('are read in the wide signs of a Chinese keyboard, and in no other digits', () => {
  const { top_up } = rulesSchema.parse({})
  for (const [typed, amount] of [
    ['２０', 2_000n],
    ['２０．５', 2_050n],
    ['20。50', 2_050n],
    ['　２０　', 2_000n],
  ] as const)
    expect(readTopUp(top_up, typed, 'EUR')).toEqual({ amount, currency: 'EUR' })
  expect(codeOf(() => readTopUp(top_up, '－２０', 'EUR'))).toBe('order/amount_negative')
  for (const typed of ['2²', '２０，０００', '二十', '٢٠'])
    expect(codeOf(() => readTopUp(top_up, typed, 'EUR'))).toBe('order/amount_not_plain')
})

it('are there for an issuer that says nothing', () => {
  const { top_up } = rulesSchema.parse({})
  expect(topUpLimits(top_up, 'KWD')).toMatchObject({ min: { amount: 500n }, max: { amount: 45_000n } })
  expect(topUpLimits(top_up, 'SEK')).toBeUndefined()
})

it('have to be amounts of a currency, the least no more than the most', () => {
  for (const [top_up, why] of [
    [{ EUR: { least: '0', most: '100' } }, 'minor units above 0'],
    [{ EUR: { least: '2.00', most: '100' } }, 'minor units above 0'],
    [{ EUR: { least: 200, most: '1000' } }, 'string'],
    [{ EUR: { least: '1001', most: '1000' } }, 'a least that is more than its most'],
    [{ EURO: { least: '200', most: '1000' } }, 'key'],
    [{ EUR: { least: '200' } }, 'most'],
  ] as const)
    expect(JSON.stringify(rulesSchema.safeParse({ top_up }).error?.issues)).toContain(why)
})
