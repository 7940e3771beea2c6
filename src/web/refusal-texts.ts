import { closureRefusals } from '../closure/refusals.ts'
import { exportRefusals } from '../privacy/export-person.ts'
import { holderRefusals } from '../holder/refusals.ts'
import { invoiceRefusals } from '../invoice/refusals.ts'
import { ledgerRefusals } from '../ledger/refusals.ts'
import { orderRefusals } from '../order/refusals.ts'
import type { Refusal, RefusalText } from '../platform/errors.ts'
import type { Lang } from './lang.ts'

const all: Record<string, RefusalText> = {
  ...holderRefusals,
  ...closureRefusals,
  ...orderRefusals,
  ...ledgerRefusals,
  ...exportRefusals,
  ...invoiceRefusals,
}

/** The text of a refusal with its facts filled in; undefined for a code that is none of the portal's. */
export function refusalText(refusal: Refusal): RefusalText | undefined {
  const text = all[refusal.code]
  if (!text) return undefined
  const fill = (words: RefusalText['title']) => ({
    'zh-CN': fillIn(words['zh-CN'], refusal.facts),
    en: fillIn(words.en, refusal.facts),
  })
  return { ...text, title: fill(text.title), next: fill(text.next) }
}

/** Title and next step in one line, for a field. */
export function refusalLine(refusal: Refusal, lang: Lang): string {
  const text = refusalText(refusal)
  if (!text) return refusal.code
  return lang === 'en' ? `${text.title.en}. ${text.next.en}` : `${text.title['zh-CN']}。${text.next['zh-CN']}`
}

const fillIn = (words: string, facts: Record<string, string>) =>
  words.replace(/\{(\w+)\}/g, (whole, name: string) => facts[name] ?? whole)
