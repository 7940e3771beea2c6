import { Hono } from 'hono'
import { paperHeaders } from '../invoice/paper-file.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, type PortalContext, sessionOf } from '../web/routing.ts'
import { askLate } from './ask-late.ts'
import { orderPaperPdf } from './order-papers.ts'
import { orderPath } from './order-token.ts'
import { OrderPage } from './pages/order-page.tsx'
import { OrdersPage } from './pages/orders-page.tsx'
import { PayPage } from './pages/pay-page.tsx'
import { listOrders, orderByToken } from './read-order.ts'
import { startPayment } from './start-payment.ts'

/** An order's own pages, for whoever has its address: from the mail, or from ordering. */
export function orderRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/orders', {
    get: async (c) => {
      const { holderIds } = sessionOf(c)
      const page = c.get('page')
      const { issuerId } = page.issuer
      const orders = await inIssuer(ctx.db, issuerId, (tx) => listOrders(ctx, tx, issuerId, holderIds))
      return c.html(<OrdersPage page={page} orders={orders} />)
    },
  })
  app.use('/order/*', async (c, next) => {
    await next()
    // The address is the key: no index may list it.
    c.header('X-Robots-Tag', 'noindex')
  })
  at(app, '/order/:number/:token', {
    get: async (c) => {
      const page = c.get('page')
      let order = await orderOf(ctx, c)
      const asking = c.req.query('paid') !== undefined
      if (asking && (await askLate(ctx, order))) order = await orderOf(ctx, c)
      const here = orderPath(page.lang, order)
      return c.html(<OrderPage page={page} order={order} here={here} asking={asking} />)
    },
  })
  at(app, '/order/:number/:token/pay', {
    get: async (c) => {
      const page = c.get('page')
      const order = await orderOf(ctx, c)
      const here = orderPath(page.lang, order)
      if (order.state !== 'awaiting_payment') return c.redirect(here, 303)
      const { payUrl } = await startPayment(ctx, { issuer: page.issuer, order, locale: page.lang })
      return c.html(<PayPage page={page} order={order} payUrl={payUrl} here={here} />)
    },
  })
  at(app, '/order/:number/:token/:paper{(?:contract|invoice)\\.pdf}', {
    get: async (c) => {
      const order = await orderOf(ctx, c)
      const which = c.req.param('paper') === 'contract.pdf' ? 'contract' : 'invoice'
      const file = await orderPaperPdf(ctx, order, which)
      for (const [name, value] of Object.entries(paperHeaders(file))) c.header(name, value)
      return c.body(new Uint8Array(file.bytes))
    },
  })
  return app
}

function orderOf(ctx: Context, c: PortalContext) {
  const { issuerId } = c.get('issuer')
  const [number, token] = [c.req.param('number') ?? '', c.req.param('token') ?? '']
  return inIssuer(ctx.db, issuerId, (tx) => orderByToken(ctx, tx, { issuerId, number, token }))
}
