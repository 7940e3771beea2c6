import type { Context as HonoContext } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'

/**
 * Cookies of the portal: never readable by script, same-site, host-bound (`__Host-`, RFC 6265bis) where the public
 * address is https. One set an issuer, so that issuers on one host don't share a session.
 */
export type CookieJar = { secure: boolean }
export type CookieKind = 'session' | 'browser' | 'lang' | 'card' | `closure-${string}`

const name = (jar: CookieJar, kind: CookieKind, issuerId: string) =>
  `${jar.secure ? '__Host-' : ''}leb-${issuerId}-${kind}`

export function readCookie(
  c: HonoContext,
  jar: CookieJar,
  kind: CookieKind,
  issuerId: string,
): string | undefined {
  return getCookie(c, name(jar, kind, issuerId))
}

/** @param lives_hours without it the cookie ends with the browser */
export function writeCookie(
  c: HonoContext,
  jar: CookieJar,
  cookie: { kind: CookieKind; issuerId: string; value: string; lives_hours?: number },
): void {
  setCookie(c, name(jar, cookie.kind, cookie.issuerId), cookie.value, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: jar.secure,
    ...(cookie.lives_hours && { maxAge: cookie.lives_hours * 3600 }),
  })
}

export function dropCookie(c: HonoContext, jar: CookieJar, kind: CookieKind, issuerId: string): void {
  deleteCookie(c, name(jar, kind, issuerId), { path: '/', secure: jar.secure })
}
