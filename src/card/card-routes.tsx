import { Hono } from 'hono'
import { ifClosedNow } from '../closure/if-closed-now.ts'
import { listClosures } from '../closure/read-closure.ts'
import { itemsOnSale } from '../plan/catalogue.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, sessionOf } from '../web/routing.ts'
import { readOwnCards } from './own-cards.ts'
import { CardsPage } from './pages/cards-page.tsx'

export function cardRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/cards', {
    get: async (c) => {
      const { holderIds } = sessionOf(c)
      const page = c.get('page')
      const { issuerId } = page.issuer
      const cards = await readOwnCards(ctx, issuerId, holderIds)
      const accountIds = [...new Set(cards.map((card) => card.accountId))]
      const closures = await listClosures(ctx, { issuerId, accountIds })
      const now = await ifClosedNow(ctx, issuerId, cards)
      const items = await inIssuer(ctx.db, issuerId, (tx) => itemsOnSale(tx, issuerId))
      return c.html(<CardsPage {...{ page, cards, closures, now, items }} />)
    },
  })
  return app
}
