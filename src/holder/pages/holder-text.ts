import type { Lang } from '../../web/lang.ts'
import { holderEn, type HolderText } from './holder-text-en.ts'
import { holderZh } from './holder-text-zh-cn.ts'

export const holderText: Record<Lang, HolderText> = { en: holderEn, 'zh-CN': holderZh }
