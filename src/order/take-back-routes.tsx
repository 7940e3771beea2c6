import { Hono } from 'hono'
import { countTry } from '../holder/rate-limits.ts'
import type { Context } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import type { PortalEnv } from '../web/page.ts'
import { at } from '../web/routing.ts'
import { orderOf } from './order-in-address.ts'
import { orderPath } from './order-token.ts'
import { TakeBackPage } from './pages/take-back-page.tsx'
import { takeBack } from './take-back.ts'

/** Where an order that is not paid is taken back, by whoever has its address. */
export function takeBackRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/order/:number/:token/take-back', {
    get: async (c) => {
      const order = await orderOf(ctx, c)
      const page = c.get('page')
      const back = orderPath(page.lang, order)
      if (order.state !== 'awaiting_payment') return c.redirect(back, 303)
      return c.html(<TakeBackPage page={page} order={order} back={back} />)
    },
    post: async (c) => {
      const order = await orderOf(ctx, c)
      const back = orderPath(c.get('page').lang, order)
      await countTry(ctx, order.issuerId, [{ limit: 'attempt_per_client', who: c.get('client') }])
      try {
        await takeBack(ctx, order)
      } catch (error) {
        // The payment was faster: the order's page asks for it, and says how it stands.
        if (error instanceof Refusal && error.code === 'order/not_to_take_back')
          return c.redirect(`${back}?paid=1`, 303)
        throw error
      }
      return c.redirect(back, 303)
    },
  })
  return app
}
