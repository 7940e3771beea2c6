import type { ErrorHandler } from 'hono'
import { errorFields } from '../platform/log.ts'
import type { Context } from '../platform/context.ts'
import { Refusal, type Wording } from '../platform/errors.ts'
import type { AssetNames } from './assets.ts'
import { ErrorPage } from './error-page.tsx'
import { isLang, pickLang } from './lang.ts'
import { siteText } from './messages/site-text.ts'
import type { PortalEnv } from './page.ts'
import { refusalText } from './refusal-texts.ts'
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
    const home = isLang(inPath) ? `/${issuerId}/${inPath}` : '/'
    const page = (title: Wording, next: Wording) => (
      <ErrorPage assets={assets} lang={lang} title={title} next={next} home={home} />
    )
    if (refusal) {
      if (error instanceof Refusal && error.facts['minutes'])
        c.header('Retry-After', String(Number(error.facts['minutes']) * 60))
      return c.html(page(refusal.title, refusal.next), refusal.status)
    }
    const kind: WebFaultKind = error instanceof WebFault ? error.kind : 'broken'
    if (kind === 'broken') ctx.log.error('a page broke', { ...errorFields(error), method: c.req.method })
    const words = (part: 'title' | 'next') => ({
      'zh-CN': siteText['zh-CN'].errors[kind][part],
      en: siteText.en.errors[kind][part],
    })
    return c.html(page(words('title'), words('next')), faultStatus[kind])
  }
}
