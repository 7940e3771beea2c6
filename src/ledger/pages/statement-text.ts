import type { Lang } from '../../web/lang.ts'
import { statementEn, type StatementText } from './statement-text-en.ts'
import { statementZh } from './statement-text-zh-cn.ts'

export const statementText: Record<Lang, StatementText> = { en: statementEn, 'zh-CN': statementZh }
