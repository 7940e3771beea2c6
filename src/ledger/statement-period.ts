import { Temporal } from 'temporal-polyfill'

/** A year (`2026`) or a month (`2026-11`), by the clock that the card's holder is told times by. */
export const statementPeriod = /^20\d\d(-(0[1-9]|1[0-2]))?$/

/** From `from` until, but without, `until`. */
export type Bounds = { from: Date; until: Date }

/** The moment at which a day (`2026-11-22`) begins in a zone; undefined for what is no day. */
export function dayBegins(day: string, zone: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(day)) return undefined
  try {
    return startOf(Temporal.PlainDate.from(day, { overflow: 'reject' }), zone)
  } catch {
    return undefined
  }
}

/** @param period as `statementPeriod` has it */
export function boundsOf(period: string, zone: string): Bounds {
  const [year, month] = period.split('-')
  const first = Temporal.PlainDate.from(`${year}-${month ?? '01'}-01`)
  return { from: startOf(first, zone), until: startOf(first.add(month ? { months: 1 } : { years: 1 }), zone) }
}

/** Years and their months, newest first, from the first of two moments to the second: what a holder can choose from. */
export function periodsBetween(first: Date, last: Date, zone: string): string[] {
  const end = dayOf(last, zone).toPlainYearMonth()
  const periods: string[] = []
  let year: number | undefined
  for (
    let month = end;
    Temporal.PlainYearMonth.compare(month, dayOf(first, zone).toPlainYearMonth()) >= 0;
    month = month.subtract({ months: 1 })
  ) {
    if (month.year !== year) periods.push(`${month.year}`)
    year = month.year
    periods.push(month.toString())
  }
  return periods
}

export type Span = 'day' | 'month'

/** The moments at which days or months begin, oldest first, from the one that has `first` to the one that has `last`. */
export function startsBetween(first: Date, last: Date, zone: string, span: Span): Date[] {
  const end = dayOf(last, zone)
  const starts: Date[] = []
  let day = dayOf(first, zone)
  if (span === 'month') day = day.with({ day: 1 })
  for (; Temporal.PlainDate.compare(day, end) <= 0; day = day.add({ [`${span}s`]: 1 }))
    starts.push(startOf(day, zone))
  return starts
}

/** `2026-11`: the month in which a moment lies. */
export function monthOf(at: Date, zone: string): string {
  return dayOf(at, zone).toPlainYearMonth().toString()
}

function dayOf(at: Date, zone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone).toPlainDate()
}

function startOf(day: Temporal.PlainDate, zone: string): Date {
  return new Date(day.toZonedDateTime({ timeZone: zone }).epochMilliseconds)
}
