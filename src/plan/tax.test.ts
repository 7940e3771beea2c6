import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
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
  const rule = (rate_bp: number, zones?: string[]) => ({
    rate_bp,
    name: { 'zh-CN': '税', en: 'tax' },
    basis: 'a law',
    verified: true,
    ...(zones ? { zones } : {}),
  })

  it('is the first rule that names the zone, or none', () => {
    const policy = { tax: [rule(0, ['JP', 'US']), rule(1900)] }
    expect(taxFor(policy, 'JP').rateBp).toBe(0)
    expect(taxFor(policy, 'EU').rateBp).toBe(1900)
    expect(taxFor(policy, null).rateBp).toBe(1900)
    expect(taxFor({ tax: [] }, 'EU')).toMatchObject({ rateBp: 0, verified: false })
  })

  it('reads what the policies say', () => {
    const at = new Date('2026-11-22T10:00:00Z')
    expect(taxFor(policyFor('DE', at), 'EU').rateBp).toBe(1900)
    expect(taxFor(policyFor('CN', at), 'EU').rateBp).toBe(600)
    expect(taxFor(policyFor('JP', at), 'EU').rateBp).toBe(0)
  })
})
