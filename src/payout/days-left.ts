import { Temporal } from 'temporal-polyfill'
import type { Left } from './unused-share.ts'

/**
 * Days of `days` that are not begun yet, on the clock of the zone: the day of `from` is the first, and the day that
 * runs is used. All are left before it was activated, none after `end`.
 */
export function daysLeft(input: {
  days: number
  from: Date | null
  end: Date
  at: Date
  timeZone: string
}): Left {
  const { days, from, end, at, timeZone } = input
  const of = BigInt(days)
  if (end <= at) return { left: 0n, of }
  if (from === null || from > at) return { left: of, of }
  const dayOf = (time: Date) =>
    Temporal.Instant.fromEpochMilliseconds(time.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
  const begun = dayOf(from).until(dayOf(at), { largestUnit: 'day' }).days + 1
  return { left: BigInt(Math.max(0, days - begun)), of }
}
