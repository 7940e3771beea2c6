import { countries } from '../card/countries.ts'
import { hasTaxNumber } from '../invoice/seller.ts'
import { taxRuleFor } from '../plan/tax.ts'
import { policyFor } from '../policy/policy.ts'
import type { Issuer } from './issuer.ts'

/**
 * What is open in an issuer's tax: `lacking`, the countries (ISO 3166-1 alpha-2) whose residents it refuses, some zones or
 * all, because no rule fits; `assumed`, those it sells to as outside of the tax because its file says so; `unverified`, its own
 * rules that nobody has checked, by name. An issuer without a tax number charges none and lacks none.
 */
export function taxGaps(
  issuer: Issuer,
  now: Date,
): { lacking: string[]; assumed: string[]; unverified: string[] } {
  const { tax } = issuer.rules
  const unverified = [...new Set(tax.rules.filter((one) => !one.verified).map((one) => one.name.en))]
  if (!hasTaxNumber(issuer)) return { lacking: [], assumed: [], unverified }
  // A rule for some zones leaves the others: only one for all of them covers a country.
  const without = [...countries].filter(
    (residence) => !taxRuleFor({ tax, policy: policyFor(residence, now), residence, zone: null }),
  )
  return tax.otherwise === 'outside'
    ? { lacking: [], assumed: without, unverified }
    : { lacking: without, assumed: [], unverified }
}
