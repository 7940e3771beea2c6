import { Refusal } from '../platform/errors.ts'
import type { FieldFault } from './components/form.tsx'
import { formatMoment } from './dates.ts'
import { siteText } from './messages/site-text.ts'
import type { Page } from './page.ts'
import { refusalLine } from './refusal-texts.ts'
import type { PortalContext } from './routing.ts'

/** When it works again, by the clock. */
export function againWords({ zone }: Page, now: Date, minutes: number, lang: Page['lang']): string {
  const at = new Date(now.getTime() + minutes * 60_000)
  return siteText[lang].errors.again(formatMoment(at, lang, zone))
}

export const isTooOften = (error: unknown): error is Refusal =>
  error instanceof Refusal && error.code === 'holder/too_often'

/**
 * That there were too many tries, told in the form itself, at its button (`field`), so that nothing typed is lost; with
 * the status and the header that say so to a program. Throws the error again when it is about something else.
 */
export function tooOftenFault(c: PortalContext, error: unknown, field: string): FieldFault {
  if (!isTooOften(error)) throw error
  const page = c.get('page')
  const minutes = Number(error.facts['minutes'])
  c.status(429)
  c.header('Retry-After', String(minutes * 60))
  const again = againWords(page, page.now, minutes, page.lang)
  return { field, text: `${refusalLine(error, page.lang)}${page.lang === 'en' ? ' ' : ''}${again}` }
}
