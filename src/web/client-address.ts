import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context as HonoContext } from 'hono'
import type { Config } from '../platform/env.ts'

/**
 * Who is asking, for rate limits only; kept nowhere. Behind a proxy it is the last hop of X-Forwarded-For: what
 * stands before it anybody can write.
 */
export function clientAddress(c: HonoContext, config: Config): string {
  const forwarded = config.trustProxy && c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim()
  if (forwarded) return forwarded
  try {
    return getConnInfo(c).remote.address ?? 'unknown'
  } catch {
    // Asked without a socket, as tests do.
    return 'unknown'
  }
}
