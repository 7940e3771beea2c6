import type { Lang } from '../../web/lang.ts'
import { payoutEn, type PayoutText } from './payout-text-en.ts'
import { payoutZh } from './payout-text-zh-cn.ts'

export const payoutText: Record<Lang, PayoutText> = { 'zh-CN': payoutZh, en: payoutEn }
