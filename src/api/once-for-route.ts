import type { ApiContext } from './api-env.ts'
import { type Kept, once, type OnceInput } from './once.ts'

type RouteOnce<K extends Kept> = Pick<OnceInput<K>, 'act' | 'recover' | 'caller'> & {
  key: string
  body?: unknown
}

/** `once` for the request at hand; a repeated answer says so in the header `Idempotent-Replayed`. */
export async function onceForRoute<K extends Kept>(
  c: ApiContext,
  input: RouteOnce<K>,
): Promise<{ kept: K; replayed: boolean }> {
  const done = await once(c.get('ctx'), {
    ...input,
    issuerId: c.get('issuer').issuerId,
    request: [c.req.method, c.req.path, input.body ?? null],
  })
  if (done.replayed) c.header('Idempotent-Replayed', 'true')
  return done
}
