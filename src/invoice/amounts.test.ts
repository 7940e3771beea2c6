import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitTax } from '../plan/tax.ts'
import { type GrossLine, invoiceAmounts } from './amounts.ts'

const words = { 'zh-CN': '套餐', en: 'Plan' }
const line = (grossMinor: bigint, rateBp: number, quantity = 1): GrossLine => ({
  text: words,
  taxName: { 'zh-CN': '税', en: 'VAT' },
  quantity,
  grossMinor,
  rateBp,
})
const sum = (parts: bigint[]) => parts.reduce((total, part) => total + part, 0n)

describe('net and tax out of prices that include tax', () => {
  it('splits one price as the ledger does', () => {
    const { totals, taxes } = invoiceAmounts([line(1190n, 1900)])
    expect(totals).toEqual({ net: 1000n, tax: 190n, gross: 1190n })
    expect(taxes).toHaveLength(1)
  })

  it('computes a rate once, so that three lines cost no cent more tax than their sum', () => {
    const { lines, totals } = invoiceAmounts([line(333n, 1900), line(333n, 1900), line(334n, 1900)])
    expect(totals).toEqual({ net: 840n, tax: 160n, gross: 1000n })
    expect(lines.map(({ tax }) => tax)).toEqual([53n, 53n, 54n])
  })

  it('takes the tax that the books say where it is given', () => {
    const { totals } = invoiceAmounts([{ ...line(100n, 1900), taxMinor: 15n }])
    expect(totals).toEqual({ net: 85n, tax: 15n, gross: 100n })
  })

  it('adds up for any lines: by line, by rate, in all, with tax within one unit of net × rate', () => {
    const anyLine = fc
      .tuple(
        fc.oneof(fc.bigInt({ min: 0n, max: 300n }), fc.bigInt({ min: -(10n ** 6n), max: 10n ** 14n })),
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 1, max: 9 }),
      )
      .map(([gross, rateBp, quantity]) => line(gross, rateBp - (rateBp % 50), quantity))
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 12 }), (lines) => {
        const { lines: out, taxes, totals } = invoiceAmounts(lines)
        for (const one of out) expect(one.net + one.tax).toBe(one.grossMinor)
        for (const tax of taxes) {
          const own = out.filter((one) => one.rateBp === tax.rateBp)
          expect(sum(own.map((one) => one.net))).toBe(tax.net)
          expect(splitTax(tax.gross, tax.rateBp)).toEqual({ net: tax.net, tax: tax.tax })
          const off = tax.net * BigInt(tax.rateBp) - tax.tax * 10_000n
          expect(off < 10_000n && off > -10_000n).toBe(true)
        }
        expect(totals.net + totals.tax).toBe(totals.gross)
        expect(sum(taxes.map((tax) => tax.net))).toBe(totals.net)
        expect(sum(taxes.map((tax) => tax.tax))).toBe(totals.tax)
        expect(totals.gross).toBe(sum(lines.map((one) => one.grossMinor)))
        // No line's tax is more than one unit from its own share.
        for (const one of out) {
          const share = one.grossMinor * BigInt(one.rateBp) - one.tax * BigInt(10_000 + one.rateBp)
          const unit = BigInt(10_000 + one.rateBp)
          expect(share < unit && share > -unit).toBe(true)
        }
      }),
      { seed: 20261122, numRuns: 1000 },
    )
  })
})
