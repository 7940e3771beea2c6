import type { ErrorHandler } from 'hono'
import { errorFields } from '../platform/log.ts'
import type { Context } from '../platform/context.ts'
import { Refusal, type Wording } from '../platform/errors.ts'
import type { AssetNames } from './assets.ts'
import { ErrorPage } from './error-page.tsx'
import { isLang, type Lang, langs, otherLang, pickLang } from './lang.ts'
import { siteText } from './messages/site-text.ts'
import type { Page, PortalEnv } from './page.ts'
import { refusalText } from './refusal-texts.ts'
import type { PortalContext } from './routing.ts'
import { againWords } from './too-often.ts'
import { faultStatus, WebFault, type WebFaultKind } from './web-fault.ts'

/** Answers whatever was thrown: refusals and faults in the holder's words, everything else as "ours, not yours". */
export function answerErrors(ctx: Context, assets: AssetNames): ErrorHandler<PortalEnv> {
  return (error, c) => {
    const [, issuerId = '', inPath] = new URL(c.req.url).pathname.split('/')
    const lang = pickLang(isLang(inPath) ? inPath : undefined, c.req.header('accept-language'))
    const refusal = error instanceof Refusal ? refusalText(error) : undefined
    if (error instanceof Refusal && error.code === 'holder/sign_in_needed' && c.req.method === 'GET') {
      const { pathname, search } = new URL(c.req.url)
      return c.redirect(`/${issuerId}/${lang}/sign-in?next=${encodeURIComponent(pathname + search)}`, 303)
    }
    const page = pageOf(c)
    // On a host that is not ours no address of ours leads anywhere.
    const home = error instanceof WebFault && error.kind === 'wrongHost' ? ctx.config.publicUrl : '/'
    const answer = (title: Wording, next: Wording, again?: Wording) => (
      <ErrorPage {...{ assets, lang, title, next, again, page, home }} />
    )
    if (refusal) {
      const minutes = error instanceof Refusal ? Number(error.facts['minutes'] ?? 0) : 0
      if (minutes > 0) c.header('Retry-After', String(minutes * 60))
      const again =
        minutes > 0 && page ? inBoth((one) => againWords(page, ctx.clock.now(), minutes, one)) : undefined
      return c.html(answer(refusal.title, refusal.next, again), refusal.status)
    }
    const kind: WebFaultKind = error instanceof WebFault ? error.kind : 'broken'
    if (kind === 'broken') ctx.log.error('a page broke', { ...errorFields(error), method: c.req.method })
    const words = (part: 'title' | 'next') => inBoth((one) => siteText[one].errors[kind][part])
    return c.html(answer(words('title'), words('next')), faultStatus[kind])
  }
}

/** The frame that the request had come to have; a form's address has no page to show in the other language. */
function pageOf(c: PortalContext): Page | undefined {
  const page = c.get('page') as Page | undefined
  if (!page || c.req.method === 'GET' || c.req.method === 'HEAD') return page
  return { ...page, otherLangHref: `/${page.issuer.issuerId}/${otherLang(page.lang)}` }
}

function inBoth(words: (lang: Lang) => string): Wording {
  return Object.fromEntries(langs.map((lang) => [lang, words(lang)])) as Wording
}
