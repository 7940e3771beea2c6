import { dateFormat } from '../platform/formats.ts'

/** A moment as people write it, always with its zone: `28 November 2026, 18:00 (GMT+8)`. */
export function timeInWords(at: Date, locale: 'zh-CN' | 'en', zone: string): string {
  const format = dateFormat(locale === 'en' ? 'en-GB' : 'zh-CN', {
    timeZone: zone,
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return `${format.format(at)} (${zoneName(at, locale, zone)})`
}

function zoneName(at: Date, locale: string, zone: string): string {
  const parts = dateFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(at)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
}

/** The day alone, with its zone: `28 November 2026 (GMT+8)`. */
export function dayInWords(at: Date, locale: 'zh-CN' | 'en', zone: string): string {
  const format = dateFormat(locale === 'en' ? 'en-GB' : 'zh-CN', {
    timeZone: zone,
    year: 'numeric',
    month: 'long',
    day: 'numeric',
  })
  return `${format.format(at)} (${zoneName(at, locale, zone)})`
}
