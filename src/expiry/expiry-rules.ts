import type { Issuer } from '../issuer/issuer.ts'
import { type MoneyRules, moneyRules } from '../policy/money-rules.ts'
import { jurisdictionsWithRules, policyFor } from '../policy/policy.ts'

export type AtExpiry = MoneyRules['at_expiry']

/** What becomes of a card's money when it expires, for a holder who lives there. @param jurisdiction ISO 3166-1 alpha-2 */
export function atExpiry(issuer: Issuer, jurisdiction: string, now: Date): AtExpiry {
  return moneyRules(policyFor(jurisdiction, now).money, issuer.rules.money).at_expiry
}

/** The same for all of an issuer's cards at once, as the gate takes it: arrays side by side, `*` for everywhere else. */
export function expiryRules(
  issuer: Issuer,
  now: Date,
): { jurisdictions: string[]; kinds: AtExpiry['kind'][]; keepDays: number[] } {
  const places = [...jurisdictionsWithRules(), '*']
  // No policy is filed under a name that is none of a country's, so this one is the default's.
  const rules = places.map((place) => atExpiry(issuer, place, now))
  return {
    jurisdictions: places,
    kinds: rules.map((rule) => rule.kind),
    keepDays: rules.map((rule) => (rule.kind === 'keep' ? rule.days : 0)),
  }
}
