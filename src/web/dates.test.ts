import { expect, test } from 'vitest'
import { formatCalendarDay, formatDay, formatMoment, formatShortMoment } from './dates.ts'
import { pickLang } from './lang.ts'

// Ten to midnight in London, the next morning in Shanghai.
const at = new Date('2026-11-28T23:50:00Z')

test('a day and a moment stand in the zone they name', () => {
  expect(formatDay(at, 'zh-CN', 'Asia/Shanghai')).toBe('2026 年 11 月 29 日（北京时间）')
  expect(formatDay(at, 'en', 'Europe/Berlin')).toBe('29 November 2026 (Central European Time)')
  expect(formatMoment(at, 'zh-CN', 'Asia/Shanghai')).toBe('2026 年 11 月 29 日 07:50（北京时间）')
  expect(formatMoment(at, 'en', 'UTC')).toBe('28 November 2026, 23:50 (UTC)')
})

test('a list writes its days as every other page does', () => {
  expect(formatShortMoment(at, 'zh-CN', 'Asia/Shanghai')).toBe('2026 年 11 月 29 日 07:50')
  expect(formatShortMoment(at, 'en', 'UTC')).toBe('28 Nov 2026 23:50')
})

test('a day of the calendar stays that day in every zone', () => {
  expect(formatCalendarDay('2034-12-31', 'en', 'Pacific/Auckland')).toBe(
    '31 December 2034 (New Zealand Time)',
  )
  expect(formatCalendarDay('2034-12-31', 'zh-CN', 'America/New_York')).toMatch(/^2034 年 12 月 31 日（/)
})

test('the language is the chosen one, else the best wish we speak', () => {
  expect(pickLang('en', 'zh-CN')).toBe('en')
  expect(pickLang('fr', 'zh-TW,zh;q=0.9,en;q=0.8')).toBe('zh-CN')
  expect(pickLang(undefined, 'zh;q=0.2, de;q=0.9')).toBe('en')
  expect(pickLang(undefined, 'en;q=0, zh')).toBe('zh-CN')
  expect(pickLang(undefined, undefined)).toBe('zh-CN')
})
