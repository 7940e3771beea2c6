import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type IssuerTax, type IssuerTaxRule, taxUnlessTold } from '../issuer/tax-rules.ts'
import { policyFor } from '../policy/policy.ts'
import { splitTax, taxFor } from './tax.ts'

describe('splitTax', () => {
  it('takes the tax out of a price, half a cent up', () => {
    expect(splitTax(1190n, 1900)).toEqual({ net: 1000n, tax: 190n })
    expect(splitTax(1n, 1900)).toEqual({ net: 1n, tax: 0n })
    // 3 × 2000 / 12000 is exactly a half.
    expect(splitTax(3n, 2000)).toEqual({ net: 2n, tax: 1n })
    expect(splitTax(2700n, 0)).toEqual({ net: 2700n, tax: 0n })
  })

  it('adds up, is never more than half a unit off, and turns with the sign', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 63n - 1n), fc.integer({ min: 0, max: 5000 }), (gross, rateBp) => {
        const { net, tax } = splitTax(gross, rateBp)
        const off = tax * BigInt(10_000 + rateBp) - gross * BigInt(rateBp)
        expect(net + tax).toBe(gross)
        expect(2n * (off < 0n ? -off : off) <= BigInt(10_000 + rateBp)).toBe(true)
        expect(splitTax(-gross, rateBp)).toEqual({ net: -net, tax: -tax })
      }),
      { seed: 11, numRuns: 500 },
    )
  })
})

describe('taxFor', () => {
  const rule = (rate_bp: number, over: Partial<IssuerTaxRule> = {}): IssuerTaxRule => ({
    rate_bp,
    name: { 'zh-CN': '税', en: 'tax' },
    basis: 'a law',
    verified: true,
    ...over,
  })
  const at = new Date('2026-11-22T10:00:00Z')
  const asked = (residence: string, zone: string | null, tax = taxUnlessTold, registered = true) =>
    taxFor({ tax, policy: policyFor(residence, at), residence, zone, registered })

  it('is the first of the issuer’s rules that fits residence and zone, before the policy’s', () => {
    const exempt = rule(0, { residence: ['FR'], zones: ['JP'], untaxed: 'exempt' })
    const tax: IssuerTax = {
      rules: [exempt, rule(2000, { residence: ['FR'] }), rule(700, { zones: ['US'] })],
      otherwise: 'refuse',
    }
    expect(asked('FR', 'JP', tax)).toMatchObject({ rateBp: 0, untaxed: 'exempt', verified: true })
    expect(asked('FR', 'EU', tax)?.rateBp).toBe(2000)
    expect(asked('FR', null, tax)?.rateBp).toBe(2000)
    expect(asked('DE', 'US', tax)?.rateBp).toBe(700)
    expect(asked('DE', 'EU', tax)?.rateBp).toBe(1900)
  })

  it('is not made up where no rule fits a seller with a tax number', () => {
    expect(asked('JP', 'EU')).toBeUndefined()
    expect(asked('JP', 'EU', { rules: [], otherwise: 'outside' })).toMatchObject({
      untaxed: 'outside',
      verified: false,
    })
    expect(asked('JP', 'EU', taxUnlessTold, false)).toMatchObject({ rateBp: 0, untaxed: 'outside' })
  })

  it('reads what the policies say', () => {
    expect(asked('DE', 'EU')?.rateBp).toBe(1900)
    expect(asked('CN', 'EU')?.rateBp).toBe(600)
  })
})
