import type { Issuer } from '../issuer/issuer.ts'
import type { Session } from '../holder/session.ts'
import type { AssetNames } from './assets.ts'
import { type Lang, otherLang } from './lang.ts'
import type { SiteText } from './messages/en.ts'

/** What every page knows of the request it answers. */
export type Page = {
  issuer: Issuer
  lang: Lang
  text: SiteText
  /** Zone of the issuer's law, for what is told of nobody's account (policy/told-zone.ts). */
  zone: string
  now: Date
  signedIn: boolean
  assets: AssetNames
  /** Address of this page in the other language. */
  otherLangHref: string
  /** `/leb/zh-CN` + path. */
  href: (path: string) => string
  /** A fresh token for a form; good for this browser's session only. */
  formToken: string
}

/**
 * The page as answer to a form, whose own address can't be asked for again: in the other language stands what `href`
 * (of this language, made by `page.href`) shows.
 */
export function standsAt(page: Page, href: string): Page {
  const path = href.slice(page.href('').length)
  return { ...page, otherLangHref: `/${page.issuer.issuerId}/${otherLang(page.lang)}${path}` }
}

/** What handlers find on the request (Hono's variables). */
export type PortalEnv = {
  Variables: {
    issuer: Issuer
    lang: Lang
    session: Session | undefined
    /** The secret forms are bound to: the session's token, or this browser's cookie before sign-in. */
    formSecret: string
    page: Page
    client: string
  }
}
