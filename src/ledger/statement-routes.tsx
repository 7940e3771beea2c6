import { Hono } from 'hono'
import type { Card } from '../card/card-store.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, type PortalContext, sessionOf } from '../web/routing.ts'
import { readOwnStatement } from './own-statement.ts'
import { StatementPage } from './pages/statement-page.tsx'
import { statementCsv } from './statement-csv.ts'
import { pdf_lines, statementPdf } from './statement-pdf.ts'
import { statementCursor } from './statement.ts'

const lines_a_page = 50

/** A card's statement as a page, as CSV and as PDF, for whoever is signed in to the card's account. */
export function statementRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  const ofCard = '/cards/:cardId{[0-9a-f-]{36}}'
  at(app, `${ofCard}/statement`, {
    get: async (c) => {
      const asked = c.req.query('before')
      const before = asked && statementCursor.test(asked) ? asked : undefined
      const { page, ...read } = await readOwn(ctx, c, { before, limit: lines_a_page })
      return c.html(<StatementPage page={page} {...read} further={Boolean(before)} />)
    },
  })
  at(app, `${ofCard}/statement.csv`, {
    get: async (c) => {
      const { card, page } = await readOwn(ctx, c, { limit: 1 })
      const { issuerId } = page.issuer
      const rows = statementCsv(ctx, { issuerId, cardId: card.cardId, lang: page.lang, zone: page.zone })
      return c.body(rows, 200, attachment('text/csv; charset=utf-8', card, 'csv'))
    },
  })
  at(app, `${ofCard}/statement.pdf`, {
    get: async (c) => {
      const { card, movements, page } = await readOwn(ctx, c, { limit: pdf_lines })
      const pdf = statementPdf({ ...page, card, movements })
      return c.body(pdf, 200, attachment('application/pdf', card, 'pdf'))
    },
  })
  return app
}

/** The last four digits only: a file's name travels further than its content. */
function attachment(type: string, card: Card, ending: string): Record<string, string> {
  const name = `statement-${card.iccid.slice(-4)}.${ending}`
  return {
    'Content-Type': type,
    'Content-Disposition': `attachment; filename="${name}"`,
    'Cache-Control': 'private, no-store',
  }
}

async function readOwn(
  ctx: Context,
  c: PortalContext,
  wanted: { before?: string | undefined; limit: number },
) {
  const { holderIds } = sessionOf(c)
  const page = c.get('page')
  const { issuerId } = page.issuer
  const cardId = c.req.param('cardId') ?? ''
  const read = await inIssuer(ctx.db, issuerId, (tx) =>
    readOwnStatement(tx, { issuerId, cardId, holderIds }, wanted),
  )
  return { ...read, page }
}
