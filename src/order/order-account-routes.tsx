import { Hono } from 'hono'
import { countTry } from '../holder/rate-limits.ts'
import { account_button, accountFaults } from '../payout/account-faults.ts'
import type { Context } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'
import { tooOftenFault } from '../web/too-often.ts'
import type { FieldFault } from '../web/components/form.tsx'
import type { PortalEnv } from '../web/page.ts'
import { at, formText, type PortalContext } from '../web/routing.ts'
import { mailAccountLink, nameOrderAccount, moneyToName } from './name-account.ts'
import { orderOf } from './order-in-address.ts'
import { orderPath } from './order-token.ts'
import { OrderAccountPage } from './pages/order-account-page.tsx'

/** Where an order's money is transferred to: named by whoever is signed in, or by the link that was mailed for it. */
export function orderAccountRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  for (const path of ['/order/:number/:token/bank-account', '/order/:number/:token/bank-account/:key'])
    at(app, path, { get: (c) => accountPage(ctx, c), post: (c) => nameAccount(ctx, c) })
  at(app, '/order/:number/:token/account-link', {
    get: async (c) => c.redirect(orderPath(c.get('page').lang, await orderOf(ctx, c)), 303),
    post: async (c) => {
      const order = await orderOf(ctx, c)
      const here = orderPath(c.get('page').lang, order)
      try {
        await mailAccountLink(ctx, order, c.get('client'))
      } catch (error) {
        if (isOver(error)) return c.redirect(here, 303)
        throw error
      }
      return c.redirect(`${here}?mailed`, 303)
    },
  })
  return app
}

async function accountPage(ctx: Context, c: PortalContext): Promise<Response> {
  const order = await orderOf(ctx, c)
  const page = c.get('page')
  const back = orderPath(page.lang, order)
  try {
    await moneyToName(ctx, order, callerOf(c))
  } catch (error) {
    if (isOver(error)) return c.redirect(back, 303)
    throw error
  }
  // What was named before is not shown again: whoever looks over a shoulder learns nothing.
  const typed = { iban: '', name: '' }
  return c.html(
    <OrderAccountPage page={page} order={order} back={back} here={hereOf(c, back)} typed={typed} />,
  )
}

async function nameAccount(ctx: Context, c: PortalContext): Promise<Response> {
  const order = await orderOf(ctx, c)
  const page = c.get('page')
  const back = orderPath(page.lang, order)
  const typed = { iban: await formText(c, 'iban'), name: await formText(c, 'name') }
  const again = (faults: FieldFault[]) => {
    const here = hereOf(c, back)
    return c.html(<OrderAccountPage page={page} {...{ order, back, here, typed, faults }} />)
  }
  try {
    await countTry(ctx, order.issuerId, [{ limit: 'attempt_per_client', who: c.get('client') }])
  } catch (error) {
    return again([...accountFaults(typed, page.lang), tooOftenFault(c, error, account_button)])
  }
  try {
    const waiting = await moneyToName(ctx, order, callerOf(c))
    const faults = accountFaults(typed, page.lang)
    if (faults.length > 0) {
      c.status(422)
      return again(faults)
    }
    await nameOrderAccount(ctx, { ...order, waiting, ...typed })
    return c.redirect(back, 303)
  } catch (error) {
    if (isOver(error)) return c.redirect(back, 303)
    throw error
  }
}

const callerOf = (c: PortalContext) => ({
  holderIds: c.get('session')?.holderIds ?? [],
  key: c.req.param('key'),
})

function hereOf(c: PortalContext, back: string): string {
  const key = c.req.param('key')
  return key === undefined ? `${back}/bank-account` : `${back}/bank-account/${key}`
}

/** The order's page says how it stands now. */
const isOver = (error: unknown) => error instanceof Refusal && error.code === 'order/no_transfer_waits'
