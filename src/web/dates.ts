import { dateFormat } from '../platform/formats.ts'
import type { Lang } from './lang.ts'

/** Dates as a holder reads them. A day or a moment never stands without its zone. */

const own: Record<string, Record<Lang, string>> = {
  'Asia/Shanghai': { 'zh-CN': '北京时间', en: 'Beijing time' },
  UTC: { 'zh-CN': '协调世界时', en: 'UTC' },
}

/** `北京时间`, `Central European Time`. */
export function zoneName(zone: string, lang: Lang, at: Date): string {
  const named = own[zone]?.[lang]
  if (named) return named
  const parts = dateFormat(lang, { timeZone: zone, timeZoneName: 'longGeneric' }).formatToParts(at)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
}

/** `2026 年 11 月 28 日（北京时间）`, `28 November 2026 (Beijing time)`. */
export function formatDay(at: Date, lang: Lang, zone: string): string {
  return withZone(dayText(at, lang, zone), at, lang, zone)
}

/** `2026 年 11 月 28 日 14:05（北京时间）`, `28 November 2026, 14:05 (Beijing time)`. */
export function formatMoment(at: Date, lang: Lang, zone: string): string {
  const time = dateFormat('en-GB', { timeZone: zone, timeStyle: 'short' }).format(at)
  const day = dayText(at, lang, zone)
  return withZone(lang === 'en' ? `${day}, ${time}` : `${day} ${time}`, at, lang, zone)
}

/** `28 Nov 2026 14:05`, `2026 年 11 月 28 日 14:05`: for lists under a line that names the zone. */
export function formatShortMoment(at: Date, lang: Lang, zone: string): string {
  const time = dateFormat('en-GB', { timeZone: zone, timeStyle: 'short' })
  return `${formatShortDay(at, lang, zone)} ${time.format(at)}`
}

/** `28 Nov 2026`, `2026 年 11 月 28 日`: for the same lists. */
export function formatShortDay(at: Date, lang: Lang, zone: string): string {
  return lang === 'en'
    ? dateFormat('en-GB', { timeZone: zone, dateStyle: 'medium' }).format(at)
    : dayText(at, lang, zone)
}

/** `November 2026`, `2026 年 11 月`; of a year (`2026`) `2026`, `2026 年`. */
export function formatPeriod(period: string, lang: Lang): string {
  const [year, month] = period.split('-')
  if (!month) return lang === 'en' ? year! : `${year} 年`
  if (lang === 'zh-CN') return `${year} 年 ${Number(month)} 月`
  const middle = new Date(`${period}-15T12:00:00Z`)
  return dateFormat('en-GB', { timeZone: 'UTC', month: 'long', year: 'numeric' }).format(middle)
}

function dayText(at: Date, lang: Lang, zone: string): string {
  if (lang === 'en') return dateFormat('en-GB', { timeZone: zone, dateStyle: 'long' }).format(at)
  const parts = dateFormat('zh-CN', {
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  }).formatToParts(at)
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return `${part('year')} 年 ${part('month')} 月 ${part('day')} 日`
}

function withZone(text: string, at: Date, lang: Lang, zone: string): string {
  const name = zoneName(zone, lang, at)
  return lang === 'en' ? `${text} (${name})` : `${text}（${name}）`
}

/** A day of a calendar (`2034-12-31`), as law counts them, in the words of `formatDay`. */
export function formatCalendarDay(day: string, lang: Lang, zone: string): string {
  const noon = new Date(`${day}T12:00:00Z`)
  return withZone(dayText(noon, lang, 'UTC'), noon, lang, zone)
}
