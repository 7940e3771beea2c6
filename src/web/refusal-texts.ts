import { closureRefusals } from '../closure/refusals.ts'
import { exportRefusals } from '../privacy/export-person.ts'
import { holderRefusals } from '../holder/refusals.ts'
import { invoiceRefusals } from '../invoice/refusals.ts'
import { ledgerRefusals } from '../ledger/refusals.ts'
import { orderRefusals } from '../order/refusals.ts'
import { payoutRefusals } from '../payout/refusals.ts'
import type { Refusal, RefusalText } from '../platform/errors.ts'
import type { Lang } from './lang.ts'

const all: Record<string, RefusalText> = {
  ...holderRefusals,
  ...closureRefusals,
  ...orderRefusals,
  ...ledgerRefusals,
  ...payoutRefusals,
  ...exportRefusals,
  ...invoiceRefusals,
}

/** The text of a refusal with its facts filled in; undefined for a code that is none of the portal's. */
export function refusalText(refusal: Refusal): RefusalText | undefined {
  const text = all[refusal.code]
  if (!text) return undefined
  const fill = (words: RefusalText['title']) => ({
    'zh-CN': refusal.fillIn(words, 'zh-CN'),
    en: refusal.fillIn(words, 'en'),
  })
  return { ...text, title: fill(text.title), next: fill(text.next) }
}

/** Title and next step in one line, for a field. */
export function refusalLine(refusal: Refusal, lang: Lang): string {
  const text = refusalText(refusal)
  if (!text) return refusal.code
  return lang === 'en' ? `${text.title.en}. ${text.next.en}` : `${text.title['zh-CN']}。${text.next['zh-CN']}`
}
