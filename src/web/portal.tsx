import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cardRoutes } from '../card/card-routes.tsx'
import { closingRoutes } from '../closure/closing-routes.tsx'
import { payoutRoutes } from '../closure/payout-routes.tsx'
import { progressRoutes } from '../closure/progress-routes.tsx'
import { unsignedRoutes } from '../closure/unsigned-routes.tsx'
import { verifyRoutes } from '../closure/verify-routes.tsx'
import type { Watch } from '../closure/watch.ts'
import { expiryRoutes } from '../expiry/expiry-routes.tsx'
import { holderRoutes } from '../holder/holder-routes.tsx'
import { linkedPapersRoutes, papersRoutes } from '../invoice/papers-routes.tsx'
import { findIssuer, listIssuers } from '../issuer/issuer.ts'
import { statementRoutes } from '../ledger/statement-routes.tsx'
import { checkoutRoutes } from '../order/checkout-routes.tsx'
import { orderRoutes } from '../order/order-routes.tsx'
import { shopRoutes } from '../order/shop-routes.tsx'
import type { Context } from '../platform/context.ts'
import { projectFile } from '../platform/project.ts'
import { loadAssets } from './assets.ts'
import { compressPages } from './compress.ts'
import { type CookieJar, readCookie } from './cookies.ts'
import { answerErrors } from './error-answers.tsx'
import { issuerScope } from './issuer-scope.ts'
import { pickLang } from './lang.ts'
import type { PortalEnv } from './page.ts'
import { at, type PortalContext } from './routing.ts'
import { body_limit_bytes, knownHost, safetyHeaders, sameOrigin } from './safety.ts'
import { StartPage } from './start-page.tsx'
import { WebFault } from './web-fault.ts'

export type PortalOptions = {
  /** Tells progress pages what changed; closed by whoever opened it. */
  watch: Watch
  /** Folder that bin/build-assets.mjs filled. */
  assetsDir?: string
}

/** Every page of the holders' portal. Throws SetupError when the styles were never built. */
export function makePortal(ctx: Context, options: PortalOptions): Hono<PortalEnv> {
  const assets = loadAssets(options.assetsDir ?? projectFile('dist', 'assets'))
  const jar: CookieJar = { secure: ctx.config.publicUrl.startsWith('https:') }
  const app = new Hono<PortalEnv>()
  app.onError(answerErrors(ctx, assets.names))
  app.use(compressPages, safetyHeaders(ctx.config))
  // On every host: they name nobody, and the page that says that this host is not ours wears them too.
  at(app, '/assets/:name', { get: assets.serve })
  app.use(knownHost(ctx.config), sameOrigin(ctx.config))
  app.use(
    bodyLimit({
      maxSize: body_limit_bytes,
      onError: () => {
        throw new WebFault('tooLarge')
      },
    }),
  )
  at(app, '/', {
    get: async (c) => {
      const issuers = await listIssuers(ctx.db)
      const [only] = issuers
      if (only && issuers.length === 1) return c.redirect(`/${only.issuerId}`, 302)
      const lang = pickLang(c.req.query('lang'), c.req.header('accept-language'))
      return c.html(<StartPage issuers={issuers} lang={lang} assets={assets.names} />)
    },
  })
  app.route('/', verifyRoutes(ctx, assets.names))
  app.route('/', linkedPapersRoutes(ctx, assets.names))
  // Any other single word is a 404 at once: who probes /health must not take a redirect for an answer.
  const known = async (c: PortalContext) => {
    const issuer = await findIssuer(ctx.db, c.req.param('issuer') ?? '')
    if (!issuer) throw new WebFault('notFound')
    return issuer.issuerId
  }
  at(app, '/:issuer{[a-z][a-z0-9]{1,19}}', {
    get: async (c) => {
      const issuerId = await known(c)
      const lang = pickLang(readCookie(c, jar, 'lang', issuerId), c.req.header('accept-language'))
      c.header('Vary', 'Accept-Language, Cookie')
      return c.redirect(`/${issuerId}/${lang}`, 302)
    },
  })
  at(app, '/:issuer{[a-z][a-z0-9]{1,19}}/', { get: async (c) => c.redirect(`/${await known(c)}`, 301) })
  const pages = '/:issuer{[a-z][a-z0-9]{1,19}}/:lang{(?:zh-CN|en)}'
  at(app, `${pages}/`, { get: (c) => c.redirect(c.req.path.slice(0, -1), 301) })
  app.use(`${pages}/*`, issuerScope(ctx, jar, assets.names))
  app.route(pages, holderRoutes(ctx, jar))
  app.route(pages, cardRoutes(ctx))
  app.route(pages, expiryRoutes(ctx))
  app.route(pages, papersRoutes(ctx))
  app.route(pages, statementRoutes(ctx))
  app.route(pages, shopRoutes(ctx))
  app.route(pages, checkoutRoutes(ctx))
  app.route(pages, orderRoutes(ctx))
  app.route(pages, closingRoutes(ctx, jar))
  app.route(pages, unsignedRoutes(ctx, jar))
  app.route(pages, progressRoutes(ctx, jar, options.watch))
  app.route(pages, payoutRoutes(ctx, jar))
  app.all('*', () => {
    throw new WebFault('notFound')
  })
  return app
}
