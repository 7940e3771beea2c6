import { dateFormat } from './formats.ts'

/** The only source of time. Tests put their own in its place and move it. */
export type Clock = { now(): Date }

export const systemClock: Clock = { now: () => new Date() }

/** RFC 3339 in a named zone, e.g. `2026-11-22T18:05:09+08:00`: what slips and pages print. */
export function inZone(at: Date, zone: string): string {
  const parts = dateFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  }).formatToParts(at)
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00'
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}${offset}`
}

/** True for an IANA zone name this runtime knows. */
export function isZone(zone: string): boolean {
  try {
    return dateFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
