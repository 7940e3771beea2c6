import { isApiPath, makeApi } from './api/app.ts'
import type { Context } from './platform/context.ts'
import { isHookPath, makePaymentHooks } from './payment/hooks.ts'
import { serveHere } from './platform/served-here.ts'
import { publicJwks } from './slip/jwks.ts'
import { makePortal } from './web/portal.tsx'

/**
 * What `leb serve` answers on its public listener: the portal, the API, the door for webhooks, and the keys for
 * whoever checks a seal.
 */
export function makeDoors(ctx: Context): {
  fetch: (request: Request, ...rest: never[]) => Response | Promise<Response>
} {
  const portal = makePortal(ctx, { watch: ctx.watch })
  const api = makeApi(ctx, ctx.watch)
  const hooks = makePaymentHooks(ctx)
  const answer = (request: Request, rest: never[]): Response | Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/.well-known/jwks.json') return jwks(ctx)
    if (isHookPath(pathname)) return hooks.fetch(request)
    return isApiPath(pathname) ? api.fetch(request, ...rest) : portal.fetch(request, ...rest)
  }
  return { fetch: (request, ...rest) => serveHere(ctx.pool, () => answer(request, rest)) }
}

async function jwks(ctx: Context): Promise<Response> {
  const body = JSON.stringify(await publicJwks(ctx.keys))
  return new Response(body, {
    headers: { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300' },
  })
}
