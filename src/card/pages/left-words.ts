import type { Lang } from '../../web/lang.ts'
import { cardText } from './card-text.ts'

/** What of a plan is left, in words: `512 MB data, 1 min calls, 5 SMS`; says so when nothing is. */
export function leftWords(
  left: { dataLeftMb: bigint; voiceLeftS: bigint; smsLeft: bigint },
  lang: Lang,
): string {
  const text = cardText[lang]
  const parts = [
    left.dataLeftMb > 0n && text.data(left.dataLeftMb),
    left.voiceLeftS > 0n && text.voice(left.voiceLeftS / 60n),
    left.smsLeft > 0n && text.sms(left.smsLeft),
  ].filter(Boolean)
  return parts.join(lang === 'en' ? ', ' : '、') || text.nothingLeft
}
