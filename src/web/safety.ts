import type { MiddlewareHandler } from 'hono'
import type { Config } from '../platform/env.ts'
import { WebFault } from './web-fault.ts'

/** What every answer carries and every request must pass before a page sees it. */

// No inline script or style anywhere: what a page needs comes from /assets.
const csp = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Largest form we take; the longest honest one is under 1 KB. */
export const body_limit_bytes = 16 * 1024

export function safetyHeaders(config: Config): MiddlewareHandler {
  const https = config.publicUrl.startsWith('https:')
  return async (c, next) => {
    await next()
    c.header('Content-Security-Policy', csp)
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'same-origin')
    c.header('Cross-Origin-Opener-Policy', 'same-origin')
    c.header('Permissions-Policy', 'camera=(), microphone=(), geolocation=(), payment=()')
    if (https) c.header('Strict-Transport-Security', 'max-age=31536000; includeSubDomains')
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
  }
}

/** 421 for a Host that isn't ours, so that no forged Host reaches a link or a cache (RFC 9110, 15.5.20). */
export function knownHost(config: Config): MiddlewareHandler {
  const allowed = new Set(config.allowedHosts.flatMap(withLoopbackNames))
  return async (c, next) => {
    const host = (c.req.header('host') ?? new URL(c.req.url).host).toLowerCase()
    if (!allowed.has(host) && !allowed.has(host.replace(/:\d+$/, ''))) throw new WebFault('wrongHost')
    await next()
  }
}

/** Who listens on loopback answers to all its names: none of them can be pointed at someone else. */
function withLoopbackNames(host: string): string[] {
  const [, name, port = ''] = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.exec(host) ?? []
  return name ? ['localhost', '127.0.0.1', '[::1]'].map((other) => other + port) : [host]
}

/**
 * Refuses a form that another site's page sent. Browsers say where a request comes from (Fetch Metadata, Origin);
 * the token in the form is the second lock.
 */
export function sameOrigin(config: Config): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      const site = c.req.header('sec-fetch-site')
      if (site && site !== 'same-origin' && site !== 'none') throw new WebFault('form')
      const origin = c.req.header('origin')
      if (origin && !isOwn(origin, c.req.header('host'), config)) throw new WebFault('form')
    }
    await next()
  }
}

function isOwn(origin: string, host: string | undefined, config: Config): boolean {
  if (origin === new URL(config.publicUrl).origin) return true
  // A loopback name, or a listed host behind a proxy: same host as the request itself, which was checked before.
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}
