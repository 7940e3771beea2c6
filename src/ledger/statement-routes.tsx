import { Hono } from 'hono'
import type { Card } from '../card/card-store.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, type PortalContext, sessionOf } from '../web/routing.ts'
import { printLongAside } from '../slip/typeset-aside.ts'
import { WebFault } from '../web/web-fault.ts'
import { countTry } from '../holder/rate-limits.ts'
import { Refusal } from '../platform/errors.ts'
import { readOwnCard, readOwnStatement } from './own-statement.ts'
import { StatementPage } from './pages/statement-page.tsx'
import { statementCsv } from './statement-csv.ts'
import { readForPrint, statementPages } from './statement-pdf.ts'
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
      return c.body(rows, 200, attachment('text/csv; charset=utf-8', card, period, 'csv'))
    },
  })
  at(app, `${ofCard}/statement.pdf`, {
    get: async (c) => {
      const { page, period, own } = asked(c)
      const read = await inIssuer(ctx.db, own.issuerId, (tx) => readOwnCard(tx, own))
      const { card } = read
      await countTry(ctx, own.issuerId, [{ limit: 'statement_pdf_per_account', who: card.accountId }])
      const printed = await inIssuer(ctx.db, own.issuerId, (tx) => readForPrint(tx, { ...own, ...read }))
      const pdf = await printLongAside(statementPages({ ...page, ...read, period, printed }))
      if (!pdf) throw new Refusal('ledger/printing_busy')
      return c.body(pdf, 200, attachment('application/pdf', card, period, 'pdf'))
    },
  })
  return app
}

/** The last four digits only: a file's name travels further than its content. */
function attachment(
  type: string,
  card: Card,
  period: string | undefined,
  ending: string,
): Record<string, string> {
  const name = `statement-${card.iccid.slice(-4)}${period ? `-${period}` : ''}.${ending}`
  return {
    'Content-Type': type,
    'Content-Disposition': `attachment; filename="${name}"`,
    'Cache-Control': 'private, no-store',
  }
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
