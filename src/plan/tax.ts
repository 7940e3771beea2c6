import type { IssuerTax, Untaxed } from '../issuer/tax-rules.ts'
import type { Wording } from '../platform/errors.ts'
import type { Policy } from '../policy/policy-schema.ts'

/**
 * The tax on one sale, as it is said to the buyer and pinned on the order. `rateBp`: 1900 is 19 %. `untaxed` says why a
 * rate of 0 is one; orders from before it was known lack it and stay exempt, as they were sold.
 */
export type Tax = { rateBp: number; name: Wording; basis: string; verified: boolean; untaxed?: Untaxed }

const outside: Tax = {
  rateBp: 0,
  name: { 'zh-CN': '不在征税范围', en: 'Outside the scope of the tax' },
  basis: 'declared by the seller',
  verified: false,
  untaxed: 'outside',
}

/** Of a seller without a tax number, who charges none to anybody whom no rule names. */
const unregistered: Tax = {
  ...outside,
  name: { 'zh-CN': '不征税', en: 'No tax charged' },
  basis: 'the seller has no tax number',
}

type Asked = {
  tax: IssuerTax
  policy: Pick<Policy, 'id' | 'tax'>
  /** ISO 3166-1 alpha-2. */
  residence: string
  zone: string | null
}

const fits = (zones: string[] | undefined, zone: string | null) =>
  !zones || (zone !== null && zones.includes(zone))

/**
 * The rule for a buyer and a zone: the first of the issuer's that fits, or else of the policy's. The default policy is of no
 * country, so what it says of tax is no rule. Undefined where there is none.
 */
export function taxRuleFor({ tax, policy, residence, zone }: Asked): Tax | undefined {
  const own = tax.rules.find(
    (one) => (!one.residence || one.residence.includes(residence)) && fits(one.zones, zone),
  )
  const rule = own ?? (policy.id === 'default' ? undefined : policy.tax.find((one) => fits(one.zones, zone)))
  if (!rule) return undefined
  const { rate_bp: rateBp, name, basis, verified } = rule
  const untaxed = own ? own.untaxed : rateBp === 0 ? 'exempt' : undefined
  return { rateBp, name, basis, verified, ...(untaxed && { untaxed }) }
}

/** The tax that a sale bears; undefined where a seller with a tax number has no rule for it, so that it can't be sold. */
export function taxFor(asked: Asked & { registered: boolean }): Tax | undefined {
  const rule = taxRuleFor(asked)
  if (rule) return rule
  if (!asked.registered) return unregistered
  return asked.tax.otherwise === 'outside' ? outside : undefined
}

/** As a line of an invoice says it. Orders from before `untaxed` have no ground to name: they were sold without. */
export const lineTax = ({ rateBp, name: taxName, untaxed, basis }: Tax) => ({
  rateBp,
  taxName,
  ...(untaxed && { untaxed, reason: basis }),
})

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
