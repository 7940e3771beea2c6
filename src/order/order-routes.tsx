import { Hono } from 'hono'
import { paperHeaders } from '../invoice/paper-file.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, sessionOf } from '../web/routing.ts'
import { askLate } from './ask-late.ts'
import { orderAccountRoutes } from './order-account-routes.tsx'
import { orderPaperPdf } from './order-papers.ts'
import { orderPath } from './order-token.ts'
import { OrderPage } from './pages/order-page.tsx'
import { OrdersPage } from './pages/orders-page.tsx'
import { PayPage } from './pages/pay-page.tsx'
import { orderOf } from './order-in-address.ts'
import { pageOfOrders } from './list-orders.ts'
import { startPayment } from './start-payment.ts'
import { takeBackRoutes } from './take-back-routes.tsx'

const orders_a_page = 20

/** An order's own pages, for whoever has its address: from the mail, or from ordering. */
export function orderRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/orders', {
    get: async (c) => {
      const { holderIds } = sessionOf(c)
      const page = c.get('page')
      const { issuerId } = page.issuer
      const before = c.req.query('before') || undefined
      const read = await inIssuer(ctx.db, issuerId, (tx) =>
        pageOfOrders(ctx, tx, issuerId, holderIds, { before, limit: orders_a_page }),
      )
      return c.html(<OrdersPage page={page} {...read} further={before !== undefined} />)
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
      const isBuyer = c.get('session')?.holderIds.includes(order.holderId) ?? false
      const mailed = c.req.query('mailed') !== undefined
      return c.html(
        <OrderPage page={page} order={order} here={here} asking={asking} isBuyer={isBuyer} mailed={mailed} />,
      )
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
  app.route('/', orderAccountRoutes(ctx))
  app.route('/', takeBackRoutes(ctx))
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
