import { Temporal } from 'temporal-polyfill'
import type { Left } from './unused-share.ts'

/**
 * Days of `days` that are not begun yet, on the clock of the zone: the day of `from` is the first, and the day that
 * runs is used. All are left before it was activated, none after `end`. A day after `at` on which the card was used is
 * not left either: between a declaration and its proof the line works on, and what was used then was provided.
 * @param usedAfter when it was used after `at`; several times a day count once
 */
export function daysLeft(input: {
  days: number
  from: Date | null
  end: Date
  at: Date
  usedAfter: Date[]
  timeZone: string
}): Left {
  const { days, from, end, at, usedAfter, timeZone } = input
  const of = BigInt(days)
  if (end <= at) return { left: 0n, of }
  const dayOf = (time: Date) =>
    Temporal.Instant.fromEpochMilliseconds(time.getTime()).toZonedDateTimeISO(timeZone).toPlainDate()
  const isBegun = from !== null && from <= at
  const begun = isBegun ? dayOf(from).until(dayOf(at), { largestUnit: 'day' }).days + 1 : 0
  const later = new Set(usedAfter.map((time) => dayOf(time).toString()))
  if (isBegun) later.delete(dayOf(at).toString())
  return { left: BigInt(Math.max(0, days - begun - later.size)), of }
}
