import type { Wording } from '../../platform/errors.ts'
import { zoneName } from '../../plan/zones.ts'
import { reasonWording } from '../reasons.ts'
import type { StatementLine } from '../statement.ts'
import { statementText } from './statement-text.ts'

/** What a line of a statement says happened: `Top-up`, `Usage: 12 MB data, Japan`. */
export function lineWords({ reason, used }: Pick<StatementLine, 'reason' | 'used'>): Wording {
  const words = reasonWording(reason)
  if (!used) return words
  const of = (lang: keyof Wording) => statementText[lang].used[used.kind](used.units)
  // Where it was is forgotten after a while (src/usage/forget-usage.ts).
  if (used.place === '')
    return { 'zh-CN': `${words['zh-CN']}：${of('zh-CN')}`, en: `${words.en}: ${of('en')}` }
  const place = zoneName(used.place)
  return {
    'zh-CN': `${words['zh-CN']}：${of('zh-CN')}，${place['zh-CN']}`,
    en: `${words.en}: ${of('en')}, ${place.en}`,
  }
}
