import type { Lang } from '../../web/lang.ts'
import { cardEn, type CardText } from './card-text-en.ts'
import { cardZh } from './card-text-zh-cn.ts'

export const cardText: Record<Lang, CardText> = { en: cardEn, 'zh-CN': cardZh }
