import { bearerToken } from '../api/bearer.ts'
import { speakAs } from '../api/language.ts'
import type { ApiContext } from '../api/api-env.ts'
import { underIssuer } from '../api/shapes.ts'
import { readSession, type Session } from '../holder/session.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { orderNumber } from './order-shapes.ts'
import { orderByToken, type OrderView, readOrder } from './read-order.ts'

export const sessionOrOrder: Record<string, string[]>[] = [{ session: [] }, { orderAccess: [] }]
export const underOrder = underIssuer.extend({
  number: orderNumber.openapi({ param: { name: 'number', in: 'path' }, description: 'number of the order' }),
})

/**
 * An order of whoever is signed in, or the one that the token is for. `caller` names who asks, for the keys of repeated
 * requests. Throws Refusal holder/sign_in_needed without any token, order/no_such_order with another's.
 */
export async function seenOrder(
  c: ApiContext,
  number: string,
): Promise<{ order: OrderView; session: Session | undefined; caller: string | Buffer }> {
  const [ctx, { issuerId }] = [c.get('ctx'), c.get('issuer')]
  const token = bearerToken(c)
  if (token === '') throw new Refusal('holder/sign_in_needed')
  const session = await readSession(ctx, issuerId, token)
  if (session) speakAs(c, session.locale)
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const own = session && (await readOrder(ctx, tx, { issuerId, number }))
    if (own && session.holderIds.includes(own.holderId))
      return { order: own, session, caller: session.fingerprint }
    const order = await orderByToken(ctx, tx, { issuerId, number, token })
    speakAs(c, order.locale)
    return { order, session: undefined, caller: `order/${token}` }
  })
}
