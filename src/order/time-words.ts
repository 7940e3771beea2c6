import type { Lang } from '../web/lang.ts'

/** Years as long as they can be, leap days and all: 1096 days are 3 years, whenever they begin. */
const longest = (years: number) => years * 365 + Math.ceil(years / 4)

/** `3 years` for 1096 days, `90 days` for 90: never a day more than is kept. */
export function spanWords(days: number, lang: Lang): string {
  const years = Math.floor(days / 365)
  const inYears = years > 0 && longest(years) === days
  if (lang === 'zh-CN') return inYears ? `${years} 年` : `${days} 天`
  const [count, unit] = inYears ? [years, 'year'] : [days, 'day']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
