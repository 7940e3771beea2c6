import { Hono } from 'hono'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, type PortalContext, sessionOf } from '../web/routing.ts'
import { WebFault } from '../web/web-fault.ts'
import { readOwnCard, readOwnStatement } from './own-statement.ts'
import { StatementPage } from './pages/statement-page.tsx'
import { statementCsv } from './statement-csv.ts'
import { statementHeaders } from './statement-file-name.ts'
import { statementPdf } from './print-statement.ts'
import { statementPeriod } from './statement-period.ts'
import { statementCursor } from './statement.ts'

const lines_a_page = 50

/** A card's statement as a page, as CSV and as PDF, for whoever is signed in to the card's account. */
export function statementRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  const ofCard = '/cards/:cardId{[0-9a-f-]{36}}'
  at(app, `${ofCard}/statement`, {
    get: async (c) => {
      const { page, period, own } = asked(c)
      const cursor = c.req.query('before')
      const before = cursor && statementCursor.test(cursor) ? cursor : undefined
      const read = await inIssuer(ctx.db, own.issuerId, (tx) =>
        readOwnStatement(tx, own, { before, limit: lines_a_page }),
      )
      return c.html(<StatementPage page={page} {...read} period={period} further={Boolean(before)} />)
    },
  })
  at(app, `${ofCard}/statement.csv`, {
    get: async (c) => {
      const { page, period, own } = asked(c)
      const { card, ...read } = await inIssuer(ctx.db, own.issuerId, (tx) => readOwnCard(tx, own))
      const rows = statementCsv(ctx, { ...own, ...read, lang: page.lang })
      return c.body(rows, 200, statementHeaders('text/csv; charset=utf-8', card, period))
    },
  })
  at(app, `${ofCard}/statement.pdf`, {
    get: async (c) => {
      const { page, period, own } = asked(c)
      const read = await inIssuer(ctx.db, own.issuerId, (tx) => readOwnCard(tx, own))
      const pdf = await statementPdf(ctx, { ...own, ...page, ...read, period })
      return c.body(pdf, 200, statementHeaders('application/pdf', read.card, period))
    },
  })
  return app
}

/** Whose card and which period. No period, as a form leaves it empty, is all; one that is none has no page. */
function asked(c: PortalContext) {
  const { holderIds } = sessionOf(c)
  const page = c.get('page')
  const period = c.req.query('period') || undefined
  if (period && !statementPeriod.test(period)) throw new WebFault('notFound')
  const own = {
    issuerId: page.issuer.issuerId,
    cardId: c.req.param('cardId') ?? '',
    holderIds,
    period,
    now: page.now,
  }
  return { page, own, period }
}
