import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bankName } from './bank-name.ts'
import { isSepa, readIban } from './iban.ts'

// Examples of the IBAN registry.
const real = [
  'DE89 3704 0044 0532 0130 00',
  'GB29 NWBK 6016 1331 9268 19',
  'FR14 2004 1010 0505 0001 3M02 606',
  'NO93 8601 1117 947',
  'MT84 MALT 0110 0001 2345 MTLC AST0 01S',
  'SA03 8000 0000 6080 1016 7519',
  'BR18 0036 0305 0000 1000 9795 493C 1',
]

it('takes the examples of the registry, however they are spaced or written', () => {
  for (const iban of real) {
    const tidy = iban.replaceAll(' ', '')
    expect(readIban(iban)).toEqual({ iban: tidy })
    expect(readIban(` ${tidy.toLowerCase()} `)).toEqual({ iban: tidy })
  }
})

it('says what is wrong', () => {
  expect(readIban('DE88370400440532013000')).toEqual({ fault: 'wrong_check_digits' })
  expect(readIban('DE8937040044053201300')).toEqual({ fault: 'wrong_length' })
  expect(readIban('CN89370400440532013000')).toEqual({ fault: 'unknown_country' })
  for (const text of ['', '6217 0000 1234 5678', 'DE', 'DE89370400440532013000; drop', '👛'])
    expect(readIban(text)).toEqual({ fault: 'not_an_iban' })
})

it('notices every single wrong digit and every swap of two neighbours', () => {
  const iban = fc.constantFrom(...real.map((one) => one.replaceAll(' ', '')))
  fc.assert(
    fc.property(iban, fc.nat(40), fc.integer({ min: 1, max: 9 }), (right, at, by) => {
      const place = 4 + (at % (right.length - 4))
      const sign = right[place]!
      fc.pre(/\d/.test(sign))
      const other = String((Number(sign) + by) % 10)
      expect(readIban(right.slice(0, place) + other + right.slice(place + 1))).toEqual({
        fault: 'wrong_check_digits',
      })
      const next = right[place + 1]
      fc.pre(next !== undefined && /\d/.test(next) && next !== sign)
      const swapped = right.slice(0, place) + next + sign + right.slice(place + 2)
      expect(readIban(swapped)).toEqual({ fault: 'wrong_check_digits' })
    }),
    { seed: 20261122 },
  )
})

it('knows where a euro transfer is a SEPA one', () => {
  expect(isSepa('DE89370400440532013000')).toBe(true)
  expect(isSepa('SA0380000000608010167519')).toBe(false)
})

it('writes names in the signs that every bank takes, and refuses what has none', () => {
  expect(bankName('  Müller-Łukasz,  Æbelø ')).toBe('Muller-Lukasz, AEbelo')
  expect(bankName('O’Brien & Söhne')).toBe("O'Brien + Sohne")
  expect(bankName('ＬＩ Lei')).toBe('LI Lei')
  for (const name of ['李磊', 'A', '', '12345', 'Li 磊', 'x'.repeat(71), 'Rob<ert>'])
    expect(bankName(name)).toBeUndefined()
})
