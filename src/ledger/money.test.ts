import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimal, formatMoney, formatSigned, minorDigits, parseAmount } from './money.ts'

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
    ['1.00', 'constructor', 'unknown_currency'],
    ['1.00', '__proto__', 'unknown_currency'],
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

describe('any text at all', () => {
  const currency = fc.constantFrom('JPY', 'CNY', 'EUR', 'KWD', 'CLF', 'XXX')
  const largest = 2n ** 63n - 1n
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 25 })
  // What people, spreadsheets and attackers write where an amount belongs.
  const written = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...'0123456789.,eE+- \u00a0\u2212\uff10٣_\n'), maxLength: 16 }),
    fc.tuple(digits, fc.constantFrom('.', ',', ''), digits).map((parts) => parts.join('')),
    fc.double().map(String),
    fc.bigInt().map(String),
    fc.constantFrom(
      'NaN',
      'Infinity',
      '0x10',
      '1e21',
      '1_000',
      '1,000.00',
      '1.000,00',
      '१२',
      '1\n',
      '00.10',
      '.5',
      '5.',
    ),
  )

  it('is an amount that says the same as the text, or a fault: never rounded, never thrown', () => {
    fc.assert(
      fc.property(written, currency, (text, code) => {
        const read = parseAmount(text, code)
        if (typeof read === 'string') return
        expect(text).toMatch(/^[0-9]+(\.[0-9]+)?$/)
        const [whole = '', fraction = ''] = text.split('.')
        const places = minorDigits(code)!
        expect(fraction.length).toBeLessThanOrEqual(places)
        expect(read.amount).toBe(
          BigInt(whole) * 10n ** BigInt(places) + BigInt(fraction.padEnd(places, '0') || '0'),
        )
        expect(read.amount).toBeLessThanOrEqual(largest)
      }),
      { seed: 20261122, numRuns: 3000 },
    )
  })

  it('with one digit too many, a separator, a sign, an exponent, or beyond a bigint is refused', () => {
    const money = fc.record({
      amount: fc.bigInt({ min: 0n, max: largest }),
      currency: fc.constantFrom('JPY', 'EUR', 'KWD'),
    })
    fc.assert(
      fc.property(money, fc.bigInt({ min: 1n, max: largest }), (m, more) => {
        const text = decimal(m)
        const point = minorDigits(m.currency) === 0 ? '.' : ''
        expect(parseAmount(`${text}${point}0`, m.currency)).toBe('too_many_digits')
        for (const wrong of [`+${text}`, `${text}e0`, `${text} `, `1,${text}`, `${text}.`, `${text}n`])
          expect(parseAmount(wrong, m.currency), wrong).toBe('not_an_amount')
        expect(parseAmount(`-${text}`, m.currency)).toBe('negative')
        expect(parseAmount(decimal({ ...m, amount: largest + more }), m.currency)).toBe('too_large')
      }),
      { seed: 20261122 },
    )
  })

  it('is shown with every digit it has, in both languages and in every number of digits', () => {
    const money = fc.record({
      amount: fc.bigInt({ min: -largest, max: largest }),
      currency: fc.constantFrom('JPY', 'CNY', 'EUR', 'USD', 'KWD'),
    })
    fc.assert(
      fc.property(money, fc.constantFrom('zh-CN', 'en'), (m, lang) => {
        const figures = (text: string) => text.replace(/[^0-9.]/g, '')
        expect(figures(formatMoney(m, lang))).toBe(figures(decimal(m)))
        expect(figures(formatSigned(m, lang))).toBe(figures(decimal(m)))
        expect(formatSigned(m, lang)[0]).toBe(
          m.amount < 0n ? '\u2212' : m.amount > 0n ? '+' : formatMoney(m, lang)[0],
        )
      }),
      { seed: 20261122, numRuns: 300 },
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
