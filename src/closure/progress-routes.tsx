import { Hono } from 'hono'
import { countTry } from '../holder/rate-limits.ts'
import { moneyJson } from '../ledger/money.ts'
import type { ShownVoucher } from '../payout/pages/money-sheets.tsx'
import { vouchersOf } from '../payout/voucher.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { CookieJar } from '../web/cookies.ts'
import { type PortalEnv, standsAt } from '../web/page.ts'
import { refusalLine, refusalText } from '../web/refusal-texts.ts'
import { at, formText, type PortalContext } from '../web/routing.ts'
import { WebFault } from '../web/web-fault.ts'
import { asDownload } from '../slip/document-file-name.ts'
import type { ClosureView } from './closure-view.ts'
import { type DocumentKind, readDocument } from './documents.ts'
import { closureFor, mayHandleMoney, type Seen } from './may-see.ts'
import { ProgressPage } from './pages/progress-page.tsx'
import { UndoPage } from './pages/undo-page.tsx'
import { streamProgress } from './progress-events.ts'
import { askForNewCode, proveIdentity } from './prove-identity.ts'
import { undoClosure } from './undo.ts'
import type { Watch } from './watch.ts'

/** How a closure goes, its documents, the code that proves who declared it, and undo. */
export function progressRoutes(ctx: Context, jar: CookieJar, watch: Watch): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  const seen = (c: PortalContext) => closureFor(ctx, c, jar)
  const see = async (c: PortalContext) => (await seen(c)).view
  const progressHref = (c: PortalContext, view: ClosureView) => c.get('page').href(`/closures/${view.number}`)
  at(app, '/closures/:number', {
    get: async (c) => {
      const found = await seen(c)
      const { view } = found
      const vouchers = mayHandleMoney(found) ? await vouchersIn(ctx, view) : []
      const code = c.req.query('code')
      return c.html(<ProgressPage page={c.get('page')} view={view} vouchers={vouchers} code={code} />)
    },
  })
  at(app, '/closures/:number/events', { get: async (c) => streamProgress(ctx, c, watch, await see(c)) })
  at(app, '/closures/:number/slip.pdf', { get: async (c) => sendDocument(ctx, c, await see(c), 'slip') })
  at(app, '/closures/:number/certificate.pdf', {
    get: async (c) => sendDocument(ctx, c, await see(c), 'certificate'),
  })
  at(app, '/closures/:number/identify', {
    get: async (c) => c.redirect(progressHref(c, await see(c)), 303),
    post: async (c) => identify(ctx, c, await seen(c)),
  })
  at(app, '/closures/:number/new-code', {
    get: async (c) => c.redirect(progressHref(c, await see(c)), 303),
    post: async (c) => {
      const view = await see(c)
      await askForNewCode(ctx, view, c.get('client'))
      return c.redirect(`${progressHref(c, view)}?code=sent`, 303)
    },
  })
  at(app, '/closures/:number/undo', {
    get: async (c) => {
      const view = await see(c)
      if (!view.canUndo) return c.redirect(progressHref(c, view), 303)
      return c.html(<UndoPage page={c.get('page')} view={view} />)
    },
    post: async (c) => {
      const view = await see(c)
      await undoClosure(ctx, view)
      return c.redirect(progressHref(c, view), 303)
    },
  })
  return app
}

/** Read only where there is one: most closures give money back. */
async function vouchersIn(ctx: Context, view: ClosureView): Promise<ShownVoucher[]> {
  const has = view.cards.some((card) => card.parts.some((part) => part.route === 'voucher'))
  if (!has) return []
  const vouchers = await inIssuer(ctx.db, view.issuerId, (tx) => vouchersOf(ctx, tx, view))
  return vouchers.map((one) => ({ ...one, left: moneyJson(one.left) }))
}

async function identify(ctx: Context, c: PortalContext, { view, as }: Seen): Promise<Response> {
  const page = c.get('page')
  await countTry(ctx, view.issuerId, [{ limit: 'attempt_per_client', who: c.get('client') }])
  try {
    await proveIdentity(ctx, { ...view, code: await formText(c, 'code'), by: as })
    return c.redirect(page.href(`/closures/${view.number}`), 303)
  } catch (error) {
    if (!(error instanceof Refusal) || refusalText(error)?.field !== 'code') throw error
    // Proved before, or in another window meanwhile: that is what was wanted, and the page says so.
    if (view.state !== 'declared') return c.redirect(page.href(`/closures/${view.number}?code=again`), 303)
    c.status(422)
    const fault = { field: 'code', text: refusalLine(error, page.lang) }
    const shown = standsAt(page, page.href(`/closures/${view.number}`))
    return c.html(<ProgressPage page={shown} view={view} fault={fault} />)
  }
}

async function sendDocument(
  ctx: Context,
  c: PortalContext,
  view: ClosureView,
  kind: DocumentKind,
): Promise<Response> {
  const { issuerId, closureId, number } = view
  const document = await inIssuer(ctx.db, issuerId, (tx) => readDocument(tx, { issuerId, closureId, kind }))
  if (!document) throw kind === 'slip' ? new WebFault('notFound') : new Refusal('closure/no_such_document')
  c.header('Content-Type', 'application/pdf')
  c.header('Content-Disposition', asDownload({ number, kind }))
  return c.body(new Uint8Array(document.pdf))
}
