import { expect, it } from 'vitest'
import { moneyRules } from './money-rules.ts'
import { policyFor } from './policy.ts'
import { isInTime, moneyOfWithdrawal, withdrawableUntil } from './withdrawal.ts'

const now = new Date('2026-11-28T12:00:00Z')
const until = (jurisdiction: string, soldAt: string) =>
  withdrawableUntil(policyFor(jurisdiction, now), jurisdiction, new Date(soldAt))?.toISOString()

it('counts from the day after the purchase, in the zone of the law, and ends on a day on which people work', () => {
  // 1 December and fourteen days: Tuesday the 15th, which ends at 23:00 in UTC.
  expect(until('DE', '2026-12-01T09:00:00Z')).toBe('2026-12-15T22:59:59.000Z')
  // Half past eleven in the evening in UTC is the next day in Berlin.
  expect(until('DE', '2026-12-01T23:30:00Z')).toBe('2026-12-16T22:59:59.000Z')
  // Saturday the 12th, then Sunday: Monday the 14th.
  expect(until('DE', '2026-11-28T09:00:00Z')).toBe('2026-12-14T22:59:59.000Z')
  // Friday is the first day of Christmas, then a weekend.
  expect(until('DE', '2026-12-11T09:00:00Z')).toBe('2026-12-28T22:59:59.000Z')
})

it('holds in the countries that the rule names, and nowhere else', () => {
  expect(until('FR', '2026-12-01T09:00:00Z')).toBe('2026-12-15T23:59:59.000Z')
  for (const elsewhere of ['JP', 'US', 'CN', 'CH'])
    expect(until(elsewhere, '2026-12-01T09:00:00Z')).toBeUndefined()
})

it('has a last second that is a part of it', () => {
  const end = new Date('2026-12-15T22:59:59.000Z')
  expect(isInTime(new Date('2026-12-15T22:59:59.999Z'), end)).toBe(true)
  expect(isInTime(new Date('2026-12-15T23:00:00.000Z'), end)).toBe(false)
  expect(isInTime(now, null)).toBe(false)
})

it('keeps no fee and no minimum, and gives back no less than closing does', () => {
  const policy = policyFor('FR', now)
  const issuer = { closing_fee: { EUR: '500' }, minimum_payout: { EUR: '100' } }
  const rules = moneyOfWithdrawal(moneyRules(policy.money, { ...issuer, unused_plan: 'by_use' }))
  expect(rules).toMatchObject({ unused_plan: 'by_use', withdrawn: true, closing_fee: {}, minimum_payout: {} })
})
