import { isIPv6 } from 'node:net'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context as HonoContext } from 'hono'
import type { Config } from '../platform/env.ts'

/**
 * Who is asking, for rate limits only; kept nowhere. Behind a proxy it is the last hop of X-Forwarded-For: what
 * stands before it anybody can write.
 */
export function clientAddress(c: HonoContext, config: Config): string {
  const forwarded = config.trustProxy && c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim()
  if (forwarded) return subscriber(forwarded)
  try {
    return subscriber(getConnInfo(c).remote.address ?? 'unknown')
  } catch {
    // Asked without a socket, as tests do.
    return 'unknown'
  }
}

/** A subscriber of IPv6 has a /64 (RFC 6177) and so 2^64 addresses: they count as one. */
export function subscriber(address: string): string {
  const [plain = ''] = address.split('%')
  const mapped = /^::ffff:([\d.]+)$/i.exec(plain)?.[1]
  if (mapped || !isIPv6(plain)) return mapped ?? address
  const [left = '', right] = plain.toLowerCase().split('::')
  const head = left ? left.split(':') : []
  const tail = right ? right.split(':') : []
  const zeros = right === undefined ? 0 : Math.max(0, 8 - head.length - tail.length)
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, 4)
  return `${groups.map((group) => parseInt(group, 16).toString(16)).join(':')}::/64`
}
