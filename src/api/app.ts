import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Watch } from '../closure/watch.ts'
import type { Context } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { clientAddress } from '../web/client-address.ts'
import { knownHost } from '../web/safety.ts'
import { healthRoutes } from '../provider-door/readiness.ts'
import { usage_body_limit_bytes, usage_path } from '../usage/usage-api.ts'
import { answerErrors } from './answer-errors.ts'
import type { ApiEnv } from './api-env.ts'
import { measureLatency } from './http-latency.ts'
import { languageOfRequest } from './language.ts'
import { openApiDocument } from './openapi-document.ts'
import { referencePages } from './reference-pages.tsx'
import { apiRoutes } from './routes.ts'

export const body_limit_bytes = 64 * 1024

/** True for addresses that makeApi answers; all others are the portal's. */
export function isApiPath(pathname: string): boolean {
  return /^\/(api|problems|healthz|readyz)(\/|$)/.test(pathname)
}

/**
 * The public API and its pages: /api, /api/openapi.json, /api/v1/…, /problems/…, and
 * /healthz and /readyz. Tokens come in a header only, and
 * no CORS header is ever sent: a page of another site can neither speak for a holder nor read an answer.
 */
export function makeApi(ctx: Context, watch: Watch): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>()
  app.onError(answerErrors)
  app.use(measureLatency, async (c, next) => {
    c.set('ctx', ctx)
    c.set('watch', watch)
    c.set('lang', languageOfRequest(c))
    c.set('client', clientAddress(c, ctx.config))
    await next()
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('Cross-Origin-Resource-Policy', 'same-origin')
    if (!c.res.headers.has('Content-Security-Policy'))
      c.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store')
    if (ctx.config.publicUrl.startsWith('https:'))
      c.header('Strict-Transport-Security', 'max-age=31536000; includeSubDomains')
  })
  // Before the host is looked at: who probes a process calls it by its number.
  app.route('/', healthRoutes(ctx))
  app.use(knownHost(ctx.config))
  const atMost = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: () => {
        throw new Refusal('api/too_large')
      },
    })
  const [usual, batches] = [atMost(body_limit_bytes), atMost(usage_body_limit_bytes)]
  app.use((c, next) => (c.req.path === usage_path ? batches(c, next) : usual(c, next)))
  const document = openApiDocument(ctx.config.publicUrl)
  app.get('/api/openapi.json', (c) => {
    c.header('Cache-Control', 'public, max-age=300')
    return c.json(document)
  })
  app.route('/', referencePages(document))
  app.route('/', apiRoutes())
  app.notFound(() => {
    throw new Refusal('api/not_found')
  })
  return app
}
