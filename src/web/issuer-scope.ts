import type { MiddlewareHandler } from 'hono'
import { readSession } from '../holder/session.ts'
import { findIssuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { toldZone } from '../policy/told-zone.ts'
import type { AssetNames } from './assets.ts'
import { clientAddress } from './client-address.ts'
import { type CookieJar, readCookie, writeCookie } from './cookies.ts'
import { isFormToken, makeFormToken } from './form-token.ts'
import { isLang, otherLang } from './lang.ts'
import { siteText } from './messages/site-text.ts'
import type { PortalEnv } from './page.ts'
import { WebFault } from './web-fault.ts'

/** Finds out for a page under `/:issuer/:lang` whose it is, who is asking, and that a form is this browser's own. */
export function issuerScope(ctx: Context, jar: CookieJar, assets: AssetNames): MiddlewareHandler<PortalEnv> {
  return async (c, next) => {
    const { pathname, search } = new URL(c.req.url)
    const [, issuerId = '', lang] = pathname.split('/')
    const issuer = isLang(lang) ? await findIssuer(ctx.db, issuerId) : undefined
    if (!issuer || !isLang(lang)) throw new WebFault('notFound')
    const token = readCookie(c, jar, 'session', issuerId)
    const session = token ? await readSession(ctx, issuerId, token) : undefined
    const browser = readCookie(c, jar, 'browser', issuerId) ?? ctx.ids.secret(16)
    const formSecret = session && token ? token : browser
    const { codeKey } = await ctx.keys.vault(issuerId)

    const base = `/${issuerId}/${lang}`
    c.set('issuer', issuer)
    c.set('lang', lang)
    c.set('session', session)
    c.set('formSecret', formSecret)
    c.set('client', clientAddress(c, ctx.config))
    c.set('page', {
      issuer,
      lang,
      text: siteText[lang],
      zone: toldZone(issuer.jurisdiction, ctx.clock.now()),
      now: ctx.clock.now(),
      signedIn: session !== undefined,
      assets,
      otherLangHref: `/${issuerId}/${otherLang(lang)}${pathname.slice(base.length)}${search}`,
      href: (path) => (path === '/' ? base : base + path),
      formToken: makeFormToken(codeKey, formSecret),
    })

    // After the page is known: what is refused here is said in the issuer's own frame.
    if (c.req.method === 'POST') {
      const given = (await c.req.parseBody())['form_token']
      if (!isFormToken(codeKey, formSecret, typeof given === 'string' ? given : ''))
        throw new WebFault('form')
    } else {
      writeCookie(c, jar, { kind: 'browser', issuerId, value: browser })
      if (readCookie(c, jar, 'lang', issuerId) !== lang)
        writeCookie(c, jar, { kind: 'lang', issuerId, value: lang, lives_hours: 24 * 365 })
    }
    await next()
  }
}
