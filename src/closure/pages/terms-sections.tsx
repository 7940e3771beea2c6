import { basisWords } from '../../policy/basis-words.ts'
import { formatCalendarDay, formatDay } from '../../web/dates.ts'
import { between } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import type { Terms } from '../preview.ts'
import { closingText } from './closure-text.ts'

/** What closing does to the line. */
export function LineSection({ page }: { page: Page }) {
  const text = closingText[page.lang].what
  return (
    <>
      <h2>{text.line}</h2>
      <ul>
        {text.lineWords.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
    </>
  )
}

/** What is kept, by when it is done, how it is undone, where to turn. Rules nobody has checked are marked as such. */
export function TermsSections({ page, terms, zone }: { page: Page; terms: Terms; zone: string }) {
  const { lang } = page
  const text = closingText[lang].what
  return (
    <>
      <h2>{text.kept}</h2>
      <ul>
        {terms.retention.map((rule) => (
          <li>
            {text.keptWords(rule.what[lang], formatCalendarDay(rule.until, lang, zone))}
            <div class="soft">{text.ground(rule.ground[lang], basisWords(rule.basis, lang))}</div>
            {!rule.verified && <div class="soft">{text.unverified}</div>}
          </li>
        ))}
      </ul>
      <h2>{text.deadlines}</h2>
      <ul>
        {terms.deadlines.map((deadline) => (
          <li>
            {(deadline.basis.startsWith('LEB') ? text.deadline : text.byLaw)(
              deadline.what[lang],
              formatDay(deadline.dueAt, lang, zone),
            )}
            {deadline.basis !== 'LEB' && (
              <div class="soft">{text.basis(basisWords(deadline.basis, lang))}</div>
            )}
            {!deadline.verified && <div class="soft">{text.unverified}</div>}
          </li>
        ))}
      </ul>
      <p>{text.undo(terms.undoWindowMinutes)}</p>
      <h2>{text.appeal}</h2>
      <p>
        {terms.appeal[lang]}
        {between[lang]}
        <a href={`mailto:${terms.appealEmail}`}>{terms.appealEmail}</a>
      </p>
    </>
  )
}
