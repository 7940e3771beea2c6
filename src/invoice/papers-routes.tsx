import { Hono } from 'hono'
import { findIssuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { AssetNames } from '../web/assets.ts'
import { pickLang } from '../web/lang.ts'
import type { PortalEnv } from '../web/page.ts'
import { at, type PortalContext, sessionOf } from '../web/routing.ts'
import { LinkedPapersPage } from './pages/linked-papers-page.tsx'
import { PapersPage } from './pages/papers-page.tsx'
import { paperHeaders, paperPdf, paperXml } from './paper-file.ts'
import { type Linked, papersByToken } from './papers-link.ts'
import { findPaper, listFormerInvoices, listPapers, ownAccounts, type Paper } from './read-papers.ts'

const file = ':file{[0-9a-f-]{36}\\.(?:pdf|xml)}'

/** `/invoices` under an issuer's pages: the papers of whoever is signed in. */
export function papersRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/invoices', {
    get: async (c) => {
      const { holderIds } = sessionOf(c)
      const page = c.get('page')
      const { issuerId } = page.issuer
      const { papers, former } = await inIssuer(ctx.db, issuerId, async (tx) => {
        const of = { issuerId, accountRefs: await ownAccounts(tx, issuerId, holderIds) }
        return { papers: await listPapers(tx, of), former: await listFormerInvoices(tx, of) }
      })
      return c.html(<PapersPage page={page} papers={papers} former={former} />)
    },
  })
  at(app, `/invoices/${file}`, {
    get: async (c) => {
      const { holderIds } = sessionOf(c)
      const { issuerId } = c.get('issuer')
      const [paperId = '', type = ''] = (c.req.param('file') ?? '').split('.')
      const paper = await inIssuer(ctx.db, issuerId, async (tx) =>
        findPaper(tx, { issuerId, accountRefs: await ownAccounts(tx, issuerId, holderIds), paperId }),
      )
      return sendPaper(ctx, c, { issuerId, paper, type })
    },
  })
  return app
}

/** `/p/<token>`: the papers of an account that was closed, for whoever has its last mail. */
export function linkedPapersRoutes(ctx: Context, assets: AssetNames): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/p/:token', {
    get: async (c) => {
      const linked = await find(ctx, c.req.param('token') ?? '')
      const issuer = linked && (await findIssuer(ctx.db, linked.issuerId))
      const lang = pickLang(c.req.query('lang'), c.req.header('accept-language'))
      privately(c)
      c.status(linked ? 200 : 410)
      const found = linked && issuer ? { linked, issuer } : undefined
      const now = ctx.clock.now()
      return c.html(
        <LinkedPapersPage lang={lang} assets={assets} path={c.req.path} now={now} found={found} />,
      )
    },
  })
  at(app, `/p/:token/${file}`, {
    get: async (c) => {
      const linked = await papersByToken(ctx, c.req.param('token') ?? '')
      const [paperId, type = ''] = (c.req.param('file') ?? '').split('.')
      privately(c)
      const paper = linked.papers.find((one) => one.paperId === paperId)
      return sendPaper(ctx, c, { issuerId: linked.issuerId, paper, type })
    },
  })
  return app
}

async function find(ctx: Context, token: string): Promise<Linked | undefined> {
  try {
    return await papersByToken(ctx, token)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'invoice/link_over') return undefined
    throw error
  }
}

/** The address is the key: no index may list it. */
function privately(c: PortalContext): void {
  c.header('X-Robots-Tag', 'noindex')
}

async function sendPaper(
  ctx: Context,
  c: PortalContext,
  { issuerId, paper, type }: { issuerId: string; paper: Paper | undefined; type: string },
): Promise<Response> {
  if (!paper) throw new Refusal('invoice/no_such_invoice')
  const made =
    type === 'xml' ? await paperXml(ctx, { issuerId, paper }) : await paperPdf(ctx, { issuerId, paper })
  for (const [name, value] of Object.entries(paperHeaders(made))) c.header(name, value)
  return c.body(new Uint8Array(made.bytes))
}
