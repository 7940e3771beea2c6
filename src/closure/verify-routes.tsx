import { Hono } from 'hono'
import { findIssuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import type { AssetNames } from '../web/assets.ts'
import { pickLang } from '../web/lang.ts'
import type { PortalEnv } from '../web/page.ts'
import { at } from '../web/routing.ts'
import { asPaperSays } from './before-proof.ts'
import { readByToken } from './documents.ts'
import { type Verified, VerifyPage } from './pages/verify-page.tsx'
import { readClosure } from './read-closure.ts'

/** `/v/<token>`: what a QR code opens, for anybody. */
export function verifyRoutes(ctx: Context, assets: AssetNames): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/v/:token', {
    get: async (c) => {
      const verified = await verify(ctx, c.req.param('token') ?? '')
      const lang = pickLang(c.req.query('lang'), c.req.header('accept-language'))
      c.header('X-Robots-Tag', 'noindex')
      c.status(verified ? 200 : 404)
      return c.html(<VerifyPage lang={lang} assets={assets} path={c.req.path} verified={verified} />)
    },
  })
  return app
}

async function verify(ctx: Context, text: string): Promise<Verified | undefined> {
  const token = await readByToken(ctx, text)
  if (!token) return undefined
  const view = await readClosure(ctx, token)
  const issuer = await findIssuer(ctx.db, token.issuerId)
  return view && issuer && { token, view: asPaperSays(view, token.kind), issuer }
}
