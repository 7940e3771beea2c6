import type { Lang } from '../../web/lang.ts'
import { expiryEn, type ExpiryText } from './expiry-text-en.ts'
import { expiryZh } from './expiry-text-zh-cn.ts'

export const expiryText: Record<Lang, ExpiryText> = { en: expiryEn, 'zh-CN': expiryZh }
