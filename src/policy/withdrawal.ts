import { lastWithdrawal } from './clocks.ts'
import type { MoneyRules } from './money-rules.ts'
import type { Policy, WithdrawalRule } from './policy-schema.ts'

/** The right to withdraw that somebody who lives there has; undefined where the law gives none. */
export function withdrawalRule(policy: Policy, jurisdiction: string): WithdrawalRule | undefined {
  const rule = policy.withdrawal
  return rule && (rule.countries?.includes(jurisdiction) ?? true) ? rule : undefined
}

/** Until when the contract for a card sold at `soldAt` can be withdrawn from; null where the law gives no such right. */
export function withdrawableUntil(policy: Policy, jurisdiction: string, soldAt: Date): Date | null {
  const rule = withdrawalRule(policy, jurisdiction)
  return rule ? lastWithdrawal(policy, rule, soldAt) : null
}

/** Whether a declaration of that moment is in time: its last second is a part of the period. */
export function isInTime(declaredAt: Date, until: Date | null): boolean {
  return until !== null && declaredAt.getTime() < until.getTime() + 1000
}

/**
 * The rules of money of a closure that withdraws: all that was paid but for what was provided, no fee and no minimum
 * (Directive 2011/83/EU Art. 13, 14), and nothing less than closing would pay.
 */
export function moneyOfWithdrawal(rules: MoneyRules): MoneyRules {
  return { ...rules, withdrawn: true, closing_fee: {}, minimum_payout: {} }
}
