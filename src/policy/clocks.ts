import { Temporal } from 'temporal-polyfill'
import type { Policy, PolicyClock, WithdrawalRule } from './policy-schema.ts'

// Two weeks, as between the first reminders: time to find an IBAN on a journey.
const days_after_last_reminder = 14

export type Deadline = { what: PolicyClock['what']; dueAt: Date; basis: string; verified: boolean }
export type RetentionUntil = {
  what: PolicyClock['what']
  ground: PolicyClock['what']
  basis: string
  until: string
  verified: boolean
}

/**
 * What an act must be done by: the clocks of the law and LEB's own promise, earliest first. A day counts from
 * the day after the declaration (Regulation 1182/71 Art. 3, and the usual reading elsewhere) and ends at its
 * last second in the policy's time zone.
 */
export function deadlines(policy: Policy, act: keyof Policy['acts'], declaredAt: Date): Deadline[] {
  const promise: Deadline = {
    what: { 'zh-CN': '我们承诺完成的时间', en: 'our own promise to be done' },
    dueAt: new Date(declaredAt.getTime() + policy.promise_hours * 3_600_000),
    basis: 'LEB',
    verified: true,
  }
  const legal = (policy.acts[act] ?? []).map((clock) => ({
    what: clock.what,
    dueAt: endOfDay(dayAfter(policy, declaredAt, clock), policy.time_zone),
    basis: clock.basis,
    verified: clock.verified,
  }))
  return [promise, ...legal].sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
}

/**
 * The last second in which a contract made at `from` can be withdrawn from. The day it was made does not count, and a
 * last day on which nobody works moves to the next on which they do (Regulation 1182/71 Art. 3).
 */
export function lastWithdrawal(policy: Policy, rule: WithdrawalRule, from: Date): Date {
  let day = dayIn(from, policy.time_zone).add({ days: rule.days })
  while (!isWorkingDay(policy, day)) day = day.add({ days: 1 })
  return endOfDay(day, policy.time_zone)
}

/** The year whose books a moment falls into, where the law is. */
export const bookYear = (policy: Policy, at: Date): number => dayIn(at, policy.time_zone).year

/** What stays, on which ground, until which day (inclusive). */
export function retentions(policy: Policy, closedAt: Date): RetentionUntil[] {
  const day = dayIn(closedAt, policy.time_zone)
  return policy.retention.map((rule) => {
    const start = rule.from === 'end_of_year' ? day.with({ month: 12, day: 31 }) : day
    const until = start.add({ years: rule.years }).toString()
    return { what: rule.what, ground: rule.ground, basis: rule.basis, until, verified: rule.verified }
  })
}

/** `zone`: IANA zone in which the holder is told the day (`closure.zone`). */
export type AskedFrom = { declaredAt: Date; lastReminderAt: Date; zone: string }

/**
 * The last second in which a holder can name the account that a closure's money waits for, before it is kept for them:
 * the policy's days from the declaration, and never sooner after the last reminder than a holder needs to act on it.
 * They have the whole day that they are told, wherever they live: it ends where it is told, and not before it is over
 * where the policy is.
 */
export function accountWantedUntil(policy: Policy, from: AskedFrom): Date {
  const days = dayIn(from.declaredAt, policy.time_zone).add({ days: policy.unclaimed.kept_after_days })
  const notice = dayIn(from.lastReminderAt, policy.time_zone).add({ days: days_after_last_reminder })
  const last = Temporal.PlainDate.compare(days, notice) < 0 ? notice : days
  const told = dayIn(endOfDay(last, policy.time_zone), from.zone)
  return endOfDay(told, from.zone)
}

/** The last day (YYYY-MM-DD) to which it is promised, at least, that what was kept at `keptAt` is paid when it is asked for. */
export function claimUntil(policy: Policy, keptAt: Date): string {
  const endOfYear = dayIn(keptAt, policy.time_zone).with({ month: 12, day: 31 })
  return endOfYear.add({ years: policy.unclaimed.claim_years }).toString()
}

/** The day by which a refund sent at `from` should have arrived. */
export function arrivesBy(policy: Policy, from: Date): Date {
  return endOfDay(dayIn(from, policy.time_zone).add({ days: policy.refund_arrives_days }), policy.time_zone)
}

function dayIn(at: Date, zone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone).toPlainDate()
}

function endOfDay(day: Temporal.PlainDate, zone: string): Date {
  const next = day.add({ days: 1 }).toZonedDateTime({ timeZone: zone, plainTime: '00:00' })
  return new Date(next.epochMilliseconds - 1000)
}

function dayAfter(policy: Policy, from: Date, clock: PolicyClock): Temporal.PlainDate {
  let day = dayIn(from, policy.time_zone)
  if (clock.kind === 'calendar') return day.add({ days: clock.days })
  for (let left = clock.days; left > 0;) {
    day = day.add({ days: 1 })
    if (isWorkingDay(policy, day)) left--
  }
  return day
}

function isWorkingDay(policy: Policy, day: Temporal.PlainDate): boolean {
  const { weekend, holidays, worked_weekends } = policy.working_days
  const name = day.toString()
  if (worked_weekends.includes(name)) return true
  return !weekend.includes(day.dayOfWeek) && !holidays.includes(name)
}
