import { Hono } from 'hono'
import { listCards } from '../card/card-store.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { readOnSale } from '../order/on-sale.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, sessionOf } from '../web/routing.ts'
import { choices } from './expiry-urls.ts'
import { outlookOf } from './outlook.ts'
import { ExpiryPage } from './pages/expiry-page.tsx'
import { readEnds } from './read-ends.ts'

/** When a card of one's own ends, and what can be done about it. Throws Refusal closure/no_such_card for any other. */
export function expiryRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/cards/:cardId{[0-9a-f-]{36}}/expiry', {
    get: async (c) => {
      const { holderIds } = sessionOf(c)
      const page = c.get('page')
      const { issuerId } = page.issuer
      const { card, ends, onSale } = await inIssuer(ctx.db, issuerId, async (tx) => {
        const cards = await listCards(tx, issuerId, holderIds)
        const own = cards.find((one) => one.cardId === c.req.param('cardId'))
        if (!own) throw new Refusal('closure/no_such_card')
        const sold = await readOnSale(tx, issuerId, own, page.now)
        return { card: own, ends: await readEnds(tx, issuerId, [own.cardId]), onSale: sold }
      })
      const outlook = outlookOf(page.issuer, card, onSale, page.now)
      const chosen = choices.find((choice) => choice === c.req.query('do'))
      return c.html(<ExpiryPage {...{ page, card, outlook, ends, chosen }} />)
    },
  })
  return app
}
