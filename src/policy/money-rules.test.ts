import { expect, it } from 'vitest'
import { issuerMoneySchema, type MoneyPolicy, moneyPolicySchema, moneyRules } from './money-rules.ts'

const jurisdiction = (change: Partial<MoneyPolicy> = {}): MoneyPolicy =>
  moneyPolicySchema.parse({
    at_expiry: { kind: 'keep', days: 1096 },
    unused_plan: 'nothing',
    closing_fee: {},
    payout_order: 'newest_first',
    minimum_payout: {},
    closing_fee_cap: { EUR: '250' },
    balance_is_refundable: true,
    basis: 'a test',
    verified: false,
    ...change,
  })
const atExpiry = (policy: MoneyPolicy, at_expiry: object) =>
  moneyRules(policy, issuerMoneySchema.parse({ at_expiry })).at_expiry

it('lets no issuer take away sooner what the law gives back', () => {
  const law = jurisdiction()
  for (const sooner of [{ kind: 'lapse' }, { kind: 'keep', days: 1 }, { kind: 'keep', days: 1095 }])
    expect(atExpiry(law, sooner)).toEqual({ kind: 'keep', days: 1096 })
  for (const kinder of [{ kind: 'keep', days: 1097 }, { kind: 'refund' }])
    expect(atExpiry(law, kinder)).toEqual(kinder)
  expect(atExpiry(jurisdiction({ at_expiry: { kind: 'refund' } }), { kind: 'keep', days: 3660 })).toEqual({
    kind: 'refund',
  })
})

it('lets an issuer choose where the law says nothing', () => {
  const free = jurisdiction({ balance_is_refundable: false })
  for (const rule of [{ kind: 'lapse' }, { kind: 'keep', days: 1 }])
    expect(atExpiry(free, rule)).toEqual(rule)
  expect(moneyRules(free, {}).at_expiry).toEqual({ kind: 'keep', days: 1096 })
})

it('gives a share of the plan back by law whatever the issuer says, and more than the law by the issuer alone', () => {
  const share = (policy: MoneyPolicy, unused_plan: 'nothing' | 'by_day' | 'by_use') =>
    moneyRules(policy, { unused_plan }).unused_plan
  expect(share(jurisdiction({ unused_plan: 'by_day' }), 'nothing')).toBe('by_day')
  expect(share(jurisdiction({ unused_plan: 'by_day' }), 'by_use')).toBe('by_day')
  expect(share(jurisdiction(), 'by_use')).toBe('by_use')
})

it('caps a closing fee, and knows none in a currency without a cap', () => {
  const rules = moneyRules(jurisdiction(), { closing_fee: { EUR: '900', USD: '100' } })
  expect(rules.closing_fee).toEqual({ EUR: '250' })
})
