import { formatMoment } from '../../web/dates.ts'
import type { Lang } from '../../web/lang.ts'
import type { CardEnd } from '../read-ends.ts'
import { endWords } from './end-words.ts'
import { expiryText } from './expiry-text.ts'

/** What of a card has ended, newest first, with its day: nothing lapses without standing here. */
export function EndsList({ ends, lang, zone }: { ends: CardEnd[]; lang: Lang; zone: string }) {
  const text = expiryText[lang]
  if (ends.length === 0) return null
  return (
    <>
      <h2>{text.historyTitle}</h2>
      <ul>
        {ends.map((end) => (
          <li>
            <time datetime={end.endedAt.toISOString()}>{formatMoment(end.endedAt, lang, zone)}</time>
            {lang === 'en' ? ': ' : '：'}
            {endWords(end, lang, zone)}
          </li>
        ))}
      </ul>
    </>
  )
}
