import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context as HonoContext } from 'hono'
import type { Watch } from '../closure/watch.ts'
import type { Session } from '../holder/session.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import type { Lang } from '../web/lang.ts'

/**
 * What handlers of the API find on the request. The context comes with the request, not with the route, so that
 * the routes (and the OpenAPI document made of them) exist without a database.
 */
export type ApiEnv = {
  Variables: {
    ctx: Context
    watch: Watch
    lang: Lang
    /** Address of who asks; for rate limits only. */
    client: string
    /** Set under /api/v1/issuers/{issuer}. */
    issuer: Issuer
    /** Set where the route asks for a session. */
    session: Session
    sessionToken: string
  }
}
export type ApiApp = OpenAPIHono<ApiEnv>
// Hono's context is contravariant in the route's input, which none of our readers looks at.
export type ApiContext = HonoContext<ApiEnv>
