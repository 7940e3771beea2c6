import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { needsSession, signedIn } from '../api/bearer.ts'
import { json, nextPage, pageQuery, problems, underIssuer } from '../api/shapes.ts'
import { inIssuer } from '../platform/db.ts'
import { orderJson } from './order-json.ts'
import { orderNumber, orderShape } from './order-shapes.ts'
import { pageOfOrders } from './list-orders.ts'

const orders_at_most = 100

const list = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/orders',
  operationId: 'listOrders',
  tags: ['Shop'],
  summary: 'What whoever is signed in has ordered, newest first',
  description: 'As far as LEB knows: only a single order that is read asks the payment provider too.',
  security: needsSession,
  middleware: signedIn,
  request: {
    params: underIssuer,
    query: pageQuery(orderNumber, { most: orders_at_most, usual: 50 }),
  },
  responses: {
    200: json(
      z
        .object({
          orders: z.array(orderShape),
          older: nextPage(orderNumber),
        })
        .openapi('Orders'),
      'a page of the orders',
    ),
    ...problems('issuer/unknown', 'holder/sign_in_needed', 'order/no_such_order', 'api/invalid_input'),
  },
})

/** The orders of whoever is signed in, and nobody else's: also what begins a page must be one of them. */
export function ownOrdersApi(app: ApiApp): void {
  app.openapi(list, async (c) => {
    const [ctx, { issuerId }, { holderIds }] = [c.get('ctx'), c.get('issuer'), c.get('session')]
    const { before, limit } = c.req.valid('query')
    const { orders, older } = await inIssuer(ctx.db, issuerId, (tx) =>
      pageOfOrders(ctx, tx, issuerId, holderIds, { before, limit }),
    )
    return c.json({ orders: orders.map((order) => orderJson(ctx, order, c.get('lang'))), older }, 200)
  })
}
