import { describe, expect, it } from 'vitest'
import { daysLeft } from './days-left.ts'

const left = (input: Partial<Parameters<typeof daysLeft>[0]>) =>
  daysLeft({
    days: 7,
    from: new Date('2026-12-01T02:00:00Z'),
    end: new Date('2026-12-20T00:00:00Z'),
    at: new Date('2026-12-02T12:00:00Z'),
    usedAfter: [],
    timeZone: 'Asia/Tokyo',
    ...input,
  }).left

describe('the days of a plan that are not begun', () => {
  it('are counted on the clock of the zone, the day that runs is used', () => {
    expect(left({})).toBe(5n)
    expect(left({ at: new Date('2026-12-02T15:30:00Z') })).toBe(4n)
    expect(left({ from: null })).toBe(7n)
    expect(left({ end: new Date('2026-12-02T12:00:00Z') })).toBe(0n)
  })

  it('do not have those among them on which it was used after the moment they are counted at', () => {
    const [sameDay, next, nextToo, last] = ['02T14:59', '02T15:00', '03T10:00', '06T10:00'].map(
      (time) => new Date(`2026-12-${time}:00Z`),
    )
    expect(left({ usedAfter: [sameDay!] })).toBe(5n)
    expect(left({ usedAfter: [sameDay!, next!, nextToo!, last!] })).toBe(3n)
    // First used after it was declared: each of those days, and no other.
    expect(left({ from: null, usedAfter: [sameDay!, next!] })).toBe(5n)
    expect(left({ from: next!, usedAfter: [next!, nextToo!] })).toBe(6n)
  })
})
