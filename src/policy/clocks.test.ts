import { describe, expect, it } from 'vitest'
import { accountWantedUntil, arrivesBy, claimUntil, deadlines, retentions } from './clocks.ts'
import { policyByVersion, policyFor } from './policy.ts'

const at = (text: string) => new Date(text)

describe('deadlines', () => {
  it('count Chinese working days past weekends and holidays', () => {
    const policy = policyFor('CN', at('2026-11-20T02:00:00Z'))
    const legal = deadlines(policy, 'terminate', at('2026-11-20T02:00:00Z')).find((d) => !d.verified)!
    // Friday 20 November; 15 working days on is Friday 11 December, whole day in Shanghai.
    expect(legal.dueAt.toISOString()).toBe('2026-12-11T15:59:59.000Z')
  })

  it('begin on the day it is where the law is, not in UTC', () => {
    const policy = policyFor('CN', at('2026-11-20T17:00:00Z'))
    const legal = deadlines(policy, 'terminate', at('2026-11-20T17:00:00Z')).find((d) => !d.verified)!
    expect(legal.dueAt.toISOString()).toBe('2026-12-11T15:59:59.000Z')
  })

  it('German months of 30 calendar days end with the day, across the change to winter time', () => {
    const policy = policyFor('DE', at('2026-11-05T10:00:00Z'))
    const legal = deadlines(policy, 'terminate', at('2026-10-20T10:00:00Z')).find((d) => !d.verified)!
    expect(legal.dueAt.toISOString()).toBe('2026-11-19T22:59:59.000Z')
  })

  it('our own promise stands first and is certain', () => {
    const [first] = deadlines(
      policyFor('CN', at('2026-11-20T02:00:00Z')),
      'erase',
      at('2026-11-20T02:00:00Z'),
    )
    expect(first).toMatchObject({ verified: true, dueAt: at('2026-11-23T02:00:00Z') })
  })
})

it('retention runs from the end of the year', () => {
  const until = retentions(policyFor('DE', at('2026-11-20T02:00:00Z')), at('2026-11-20T02:00:00Z')).map(
    (r) => r.until,
  )
  expect(until).toEqual(['2034-12-31', '2036-12-31'])
})

it('a refund is promised by a day, in the zone of the law', () => {
  expect(
    arrivesBy(policyFor('JP', at('2026-11-20T02:00:00Z')), at('2026-11-20T02:00:00Z')).toISOString(),
  ).toBe('2026-11-30T23:59:59.000Z')
})

describe('money that waits for an account', () => {
  const declaredAt = at('2026-11-29T10:00:00Z')

  it('waits to the end of the policy’s last day, and two weeks after a reminder that came later', () => {
    const policy = policyFor('CN', declaredAt)
    const zone = 'Asia/Shanghai'
    const until = (lastReminderAt: string) =>
      accountWantedUntil(policy, { declaredAt, lastReminderAt: at(lastReminderAt), zone }).toISOString()
    expect(until('2026-12-13T10:00:00Z')).toBe('2027-01-28T15:59:59.000Z')
    expect(until('2027-01-14T15:00:00Z')).toBe('2027-01-28T15:59:59.000Z')
    expect(until('2027-01-14T17:00:00Z')).toBe('2027-01-29T15:59:59.000Z')
  })

  it('waits for the whole day that is told, west and east of the policy', () => {
    const policy = policyFor('DE', declaredAt)
    const until = (zone: string) =>
      accountWantedUntil(policy, { declaredAt, lastReminderAt: declaredAt, zone }).toISOString()
    expect(until('Europe/Berlin')).toBe('2027-01-28T22:59:59.000Z')
    // The policy's 28 January ends at three in the afternoon there.
    expect(until('America/Los_Angeles')).toBe('2027-01-29T07:59:59.000Z')
    // And on the morning of the 29th here, which is the day that is told.
    expect(until('Asia/Shanghai')).toBe('2027-01-29T15:59:59.000Z')
  })

  it('can be claimed from the end of the year on the law’s clock', () => {
    expect(claimUntil(policyFor('CN', declaredAt), at('2027-12-31T15:59:59Z'))).toBe('2030-12-31')
    expect(claimUntil(policyFor('CN', declaredAt), at('2027-12-31T16:00:00Z'))).toBe('2031-12-31')
  })

  it('has a rule in every jurisdiction, and our own where a closure pins an older file', () => {
    for (const [country, basis] of [
      ['CN', '民法典 第188条'],
      ['DE', '§§ 195, 199 BGB'],
      ['JP', 'LEB default'],
    ] as const)
      expect(policyFor(country, declaredAt).unclaimed).toMatchObject({ basis, verified: false })
    expect(policyByVersion('de-2026-11-28').unclaimed.kept_after_days).toBe(60)
  })
})

it('a country without a file has the default; a pinned version stays what it was', () => {
  expect(policyFor('JP', at('2026-11-20T02:00:00Z')).version).toBe('default-2026-11-01')
  expect(policyByVersion('cn-2026-11-01').id).toBe('CN')
  expect(() => policyByVersion('cn-1999-01-01')).toThrow(/is kept/)
})
