import { type MoneyRules, moneyRules } from '../policy/money-rules.ts'
import type { Case } from './case.ts'

/**
 * The rules of money that a closure is settled by: those that were told at its declaration. Closures declared before
 * rules were kept with them are settled by the version of the law that they pin, and the issuer's present rules.
 */
export function rulesOfMoney(told: Pick<Case, 'closure' | 'policy' | 'issuer'>): MoneyRules {
  const kept = told.closure.money_rules as MoneyRules | null
  return kept ?? moneyRules(told.policy.money, told.issuer.rules.money)
}

// § 195 BGB and its like elsewhere: three years, and a day more for the leap.
export const voucher_days = 1096

/** How long a voucher that was given instead of money is good. */
export const voucherDays = (told: Pick<Case, 'closure' | 'policy' | 'issuer'>): number =>
  rulesOfMoney(told).voucher_days ?? voucher_days
