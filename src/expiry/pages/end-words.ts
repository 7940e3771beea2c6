import { leftWords } from '../../card/pages/left-words.ts'
import { formatMoney } from '../../ledger/money.ts'
import { formatMoment } from '../../web/dates.ts'
import type { Lang } from '../../web/lang.ts'
import type { CardEnd } from '../read-ends.ts'
import { expiryText } from './expiry-text.ts'

/** What became of something that ended, in the same words on page, CSV and PDF. */
export function endWords(end: CardEnd, lang: Lang, zone: string): string {
  const { history } = expiryText[lang]
  const sum = formatMoney(end.sum, lang)
  const left = leftWords({ dataLeftMb: end.dataMb, voiceLeftS: end.voiceS, smsLeft: end.sms }, lang)
  const unused = end.dataMb + end.voiceS + end.sms > 0n ? [history.left(left)] : []
  const what = () => {
    if (end.subject === 'bucket') return history.bucket
    if (end.outcome === 'kept' && end.keptUntil)
      return history.kept(sum, formatMoment(end.keptUntil, lang, zone))
    if (end.outcome === 'refund') return history.refund(sum)
    return end.sum.amount > 0n ? history.lapsed(sum) : history.nothing
  }
  return [what(), ...unused].join(lang === 'en' ? '; ' : '；')
}
