import type { Lang } from '../../web/lang.ts'
import { closingEn, type ClosingText } from './closing-text-en.ts'
import { closingZh } from './closing-text-zh-cn.ts'
import { progressEn, type ProgressText } from './progress-text-en.ts'
import { progressZh } from './progress-text-zh-cn.ts'

export const closingText: Record<Lang, ClosingText> = { en: closingEn, 'zh-CN': closingZh }
export const progressText: Record<Lang, ProgressText> = { en: progressEn, 'zh-CN': progressZh }
