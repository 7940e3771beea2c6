import type { Lang } from '../lang.ts'
import { siteEn, type SiteText } from './en.ts'
import { siteZh } from './zh-cn.ts'

export const siteText: Record<Lang, SiteText> = { en: siteEn, 'zh-CN': siteZh }
