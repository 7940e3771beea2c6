import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { PortalContext } from '../web/routing.ts'
import { orderByToken, type OrderView } from './read-order.ts'

/** The order whose number and token stand in the address. Throws Refusal order/no_such_order. */
export function orderOf(ctx: Context, c: PortalContext): Promise<OrderView> {
  const { issuerId } = c.get('issuer')
  const [number, token] = [c.req.param('number') ?? '', c.req.param('token') ?? '']
  return inIssuer(ctx.db, issuerId, (tx) => orderByToken(ctx, tx, { issuerId, number, token }))
}
