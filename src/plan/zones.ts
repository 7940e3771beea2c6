import type { Wording } from '../platform/errors.ts'

const names = {
  'zh-CN': new Intl.DisplayNames('zh-CN', { type: 'region' }),
  en: new Intl.DisplayNames('en', { type: 'region' }),
}
const wide: Record<string, Wording> = {
  EU: { 'zh-CN': '欧盟各国', en: 'European Union' },
  GLOBAL: { 'zh-CN': '全球', en: 'Worldwide' },
  SEA: { 'zh-CN': '东南亚', en: 'South-East Asia' },
  ASIA: { 'zh-CN': '亚洲', en: 'Asia' },
}

/** Where a plan works, in words. A zone that is no country and not known by name is shown as its code. */
export function zoneName(zone: string): Wording {
  const known = wide[zone]
  if (known) return known
  if (!/^[A-Z]{2}$/.test(zone)) return { 'zh-CN': zone, en: zone }
  return { 'zh-CN': names['zh-CN'].of(zone) ?? zone, en: names.en.of(zone) ?? zone }
}
