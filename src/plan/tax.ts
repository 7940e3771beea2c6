import type { Wording } from '../platform/errors.ts'
import type { Policy } from '../policy/policy-schema.ts'

/** The tax on one sale, as it is said to the buyer and pinned on the order. `rateBp`: 1900 is 19 %. */
export type Tax = { rateBp: number; name: Wording; basis: string; verified: boolean }

const none: Tax = {
  rateBp: 0,
  name: { 'zh-CN': '不征税', en: 'No tax charged' },
  basis: 'no rule for this jurisdiction yet',
  verified: false,
}

/** The tax that a policy puts on service in a zone: its first rule that names the zone, or names none. */
export function taxFor(policy: Pick<Policy, 'tax'>, zone: string | null): Tax {
  const rule = policy.tax.find((one) => !one.zones || (zone !== null && one.zones.includes(zone)))
  if (!rule) return none
  return { rateBp: rule.rate_bp, name: rule.name, basis: rule.basis, verified: rule.verified }
}

/**
 * The tax inside a price said with tax, in minor units: gross × rate / (1 + rate), rounded half up; net is the rest
 * (docs/adr/0011). Exact in bigint, for any currency.
 */
export function splitTax(gross: bigint, rateBp: number): { net: bigint; tax: bigint } {
  if (gross < 0n) {
    const { net, tax } = splitTax(-gross, rateBp)
    return { net: -net, tax: -tax }
  }
  const whole = BigInt(10_000 + rateBp)
  const tax = (gross * BigInt(rateBp) * 2n + whole) / (whole * 2n)
  return { net: gross - tax, tax }
}
