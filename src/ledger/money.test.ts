import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimal, formatMoney, minorDigits, parseAmount } from './money.ts'

describe('amounts in text', () => {
  it.each([
    ['86.40', 'CNY', 8640n],
    ['86.4', 'CNY', 8640n],
    ['0', 'EUR', 0n],
    ['1500', 'JPY', 1500n],
    ['1.234', 'KWD', 1234n],
    ['92233720368547758.07', 'USD', 9223372036854775807n],
  ])('%s %s', (text, currency, amount) => {
    expect(parseAmount(text, currency)).toEqual({ amount, currency })
  })

  it.each([
    ['1.5', 'JPY', 'too_many_digits'],
    ['1.005', 'EUR', 'too_many_digits'],
    ['1,000.00', 'EUR', 'not_an_amount'],
    ['1e3', 'EUR', 'not_an_amount'],
    ['NaN', 'EUR', 'not_an_amount'],
    ['', 'EUR', 'not_an_amount'],
    [' 1', 'EUR', 'not_an_amount'],
    ['+1', 'EUR', 'not_an_amount'],
    ['-1.00', 'EUR', 'negative'],
    ['92233720368547758.08', 'USD', 'too_large'],
    ['1.00', 'XXX', 'unknown_currency'],
    ['１２', 'EUR', 'not_an_amount'],
  ])('refuses %s %s: %s', (text, currency, fault) => {
    expect(parseAmount(text, currency)).toBe(fault)
  })

  it('reads back what it writes, in every number of digits', () => {
    const money = fc.record({
      amount: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      currency: fc.constantFrom('JPY', 'CNY', 'EUR', 'KWD'),
    })
    fc.assert(
      fc.property(money, (m) => {
        expect(parseAmount(decimal(m), m.currency)).toEqual(m)
      }),
      { seed: 20261122 },
    )
  })
})

it('shows amounts beyond what a float can hold', () => {
  expect(formatMoney({ amount: 900719925474099301n, currency: 'EUR' }, 'en')).toBe(
    '€9,007,199,254,740,993.01',
  )
})

it('knows the digits of currencies', () => {
  expect(['JPY', 'EUR', 'KWD', 'XXX'].map(minorDigits)).toEqual([0, 2, 3, undefined])
})
