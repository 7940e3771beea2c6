import type { Covers } from '../closure/closure-view.ts'
import { formatCalendarDay, formatDay } from '../web/dates.ts'

/**
 * An account is asked for: until when it can be named, and to which day (YYYY-MM-DD) it is promised, at least, that the
 * money is paid when it is asked for after that. `ends`: the closure ends with it, and with an account its person goes.
 * `slipCounts`: the slip went to the holder, and not to whoever declared without signing in.
 */
export type AccountWanted = {
  until: Date
  claimUntil: string
  covers: Covers
  ends: boolean
  slipCounts: boolean
}

/** What each mail says that asks for an account: by when, and what becomes of the money of who names none. */
export function nameItBy(locale: 'zh-CN' | 'en', wanted: AccountWanted | null, zone: string): string[] {
  if (!wanted) return []
  const day = formatDay(wanted.until, locale, zone)
  const claim = formatCalendarDay(wanted.claimUntil, locale, zone)
  const end = wanted.ends ? ends[locale][wanted.covers] : ''
  return locale === 'en'
    ? [
        `Name it by ${day}. After that we keep the money for you${end}. The money is not lost: it stays yours, and is paid when you ask for it with your ${wanted.slipCounts ? 'slip or ' : ''}certificate, at least until ${claim}.`,
      ]
    : [
        `最迟请在 ${day}填写。之后这笔钱由我们为您保留${end}。钱不会作废，仍归您所有，凭${wanted.slipCounts ? '注销确认单或' : ''}注销完成证明，至少到 ${claim}都可以要求退还。`,
      ]
}

const ends = {
  'zh-CN': { card: '，注销照常完成', account: '，注销照常完成，您的个人信息届时删除' },
  en: {
    card: ' and complete the closing',
    account: ' and complete the closing, and your personal data is erased',
  },
}
