import type { Issuer } from '../issuer/issuer.ts'
import { askedLang, type Lang } from '../web/lang.ts'
import type { ApiContext } from './api-env.ts'

/**
 * The language of an answer, of its problems, and of the pages and mails that come of the request: what it asks for, else
 * what whoever is known by it reads (`own`: of an account, an order, a closure), else the issuer's (docs/adr/0037).
 */
export function languageOfRequest(c: ApiContext, own?: string | null): Lang {
  const asked = askedLang(c.req.header('accept-language'))
  if (asked) return asked
  if (own) return own === 'en' ? 'en' : 'zh-CN'
  return issuersLang(c.get('issuer'))
}

const read_chinese = new Set(['CN', 'HK', 'MO', 'TW'])

/** Before an issuer is known, as of an address that is none, only a program is there to read it. */
const issuersLang = (issuer: Pick<Issuer, 'jurisdiction'> | undefined): Lang =>
  issuer && read_chinese.has(issuer.jurisdiction) ? 'zh-CN' : 'en'

/** Who asks is known by now: everything from here on is said in what they read, unless the request asks for another. */
export function speakAs(c: ApiContext, own: string | null): void {
  c.set('lang', languageOfRequest(c, own))
}
