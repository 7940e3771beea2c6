import { countryName } from '../card/countries.ts'
import type { Wording } from '../platform/errors.ts'

const wide: Record<string, Wording> = {
  EU: { 'zh-CN': '欧盟各国', en: 'European Union' },
  GLOBAL: { 'zh-CN': '全球', en: 'Worldwide' },
  SEA: { 'zh-CN': '东南亚', en: 'South-East Asia' },
  ASIA: { 'zh-CN': '亚洲', en: 'Asia' },
}

/**
 * Where a plan works, in words. A zone of an issuer's own goes by the name its catalogue gives it (`named`), else by
 * its code.
 */
export function zoneName(zone: string, named?: Wording): Wording {
  const known = wide[zone]
  if (known) return known
  if (named) return named
  return { 'zh-CN': countryName(zone, 'zh-CN'), en: countryName(zone, 'en') }
}
