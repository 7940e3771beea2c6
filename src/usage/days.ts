import { Temporal } from 'temporal-polyfill'

const quarter_ms = 15 * 60_000
const most_kept = 20_000
const kept = new Map<string, string>()

/**
 * The calendar day on a zone's clock, `2026-11-22`. Offsets of all zones change at whole quarters of an hour, so one
 * answer serves a quarter; thousands of records of one hour ask for the same few.
 */
export function dayIn(timeZone: string, atMs: number): string {
  const quarter = Math.floor(atMs / quarter_ms)
  const key = `${quarter}/${timeZone}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const day = Temporal.Instant.fromEpochMilliseconds(quarter * quarter_ms)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString()
  if (kept.size >= most_kept) kept.clear()
  kept.set(key, day)
  return day
}

/** When a card's last day ends, in milliseconds: the day of activation is the first, days begin by the zone's clock. */
export function endOfDays(timeZone: string, activatedAtMs: number, days: number): number {
  return Temporal.Instant.fromEpochMilliseconds(activatedAtMs)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .add({ days })
    .toZonedDateTime({ timeZone }).epochMilliseconds
}
