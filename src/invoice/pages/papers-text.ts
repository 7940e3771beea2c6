import type { Lang } from '../../web/lang.ts'
import { papersEn, type PapersText } from './papers-text-en.ts'
import { papersZh } from './papers-text-zh-cn.ts'

export const papersText: Record<Lang, PapersText> = { en: papersEn, 'zh-CN': papersZh }
