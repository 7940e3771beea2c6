import { isApiPath, makeApi } from './api/app.ts'
import type { Context } from './platform/context.ts'
import { isHookPath, makePaymentHooks } from './payment/hooks.ts'
import { serveHere } from './platform/served-here.ts'
import { answerVerifier } from './slip/for-verifiers.ts'
import { makePortal } from './web/portal.tsx'

/**
 * What `leb serve` answers on its public listener: the portal, the API, the door for webhooks, and the keys,
 * roots and revocations for whoever checks a seal.
 */
export function makeDoors(ctx: Context): {
  fetch: (request: Request, ...rest: never[]) => Response | Promise<Response>
} {
  const portal = makePortal(ctx, { watch: ctx.watch })
  const api = makeApi(ctx, ctx.watch)
  const hooks = makePaymentHooks(ctx)
  const answer = (request: Request, rest: never[]): Response | Promise<Response> => {
    const { pathname } = new URL(request.url)
    const forVerifier = answerVerifier(ctx.keys, pathname)
    if (forVerifier) return forVerifier
    if (isHookPath(pathname)) return hooks.fetch(request)
    return isApiPath(pathname) ? api.fetch(request, ...rest) : portal.fetch(request, ...rest)
  }
  return { fetch: (request, ...rest) => serveHere(ctx.pool, () => answer(request, rest)) }
}
