import { Hono } from 'hono'
import { termsByVersion } from '../invoice/terms.ts'
import { itemsOnSale } from '../plan/catalogue.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { FieldFault } from '../web/components/form.tsx'
import type { PortalEnv } from '../web/page.ts'
import { at, type PortalContext } from '../web/routing.ts'
import { accountOf } from './buyer.ts'
import { ItemPage } from './pages/item-page.tsx'
import { ShopPage } from './pages/shop-page.tsx'
import { TermsPage } from './pages/terms-page.tsx'
import { currenciesOf, pickCurrency } from './shop-choice.ts'

/** Whose law and usual currency: the account's of who is signed in, else what was said, else the issuer's. */
export async function residenceOf(
  ctx: Context,
  c: PortalContext,
  said = c.req.query('live') ?? '',
): Promise<{ live: string; known: boolean }> {
  const { issuerId, jurisdiction } = c.get('issuer')
  const session = c.get('session')
  const account =
    session &&
    (await inIssuer(ctx.db, issuerId, (tx) =>
      accountOf(tx, issuerId, { kind: 'signed_in', holderIds: session.holderIds }),
    ))
  if (account) return { live: account.jurisdiction, known: true }
  return { live: /^[A-Z]{2}$/.test(said) ? said : jurisdiction, known: false }
}

/** What can be bought, where it works and what it costs. Nobody need sign in to look. */
export function shopRoutes(ctx: Context): Hono<PortalEnv> {
  const app = new Hono<PortalEnv>()
  at(app, '/shop', {
    get: async (c) => {
      const page = c.get('page')
      const { issuerId } = page.issuer
      const items = await inIssuer(ctx.db, issuerId, (tx) => itemsOnSale(tx, issuerId))
      const plans = items.filter((item) => item.kind === 'plan')
      const currencies = currenciesOf(plans)
      const { live } = await residenceOf(ctx, c)
      const currency = pickCurrency(currencies, c.req.query('in'), live)
      const to = c.req.query('to') ?? ''
      return c.html(
        <ShopPage page={page} plans={plans} currencies={currencies} currency={currency} to={to} />,
      )
    },
  })
  at(app, '/shop/terms/:version', {
    get: async (c) => {
      const page = c.get('page')
      const { issuerId } = page.issuer
      const version = c.req.param('version') ?? ''
      const terms = await inIssuer(ctx.db, issuerId, (tx) => termsByVersion(tx, issuerId, version))
      if (!terms) throw new Refusal('invoice/no_such_terms')
      return c.html(<TermsPage page={page} terms={terms} />)
    },
  })
  at(app, '/shop/:code', {
    get: (c) =>
      itemPage(ctx, c, {
        code: c.req.param('code') ?? '',
        zone: c.req.query('zone'),
        currency: c.req.query('in'),
        live: c.req.query('live') ?? '',
      }),
  })
  return app
}

type Chosen = { code: string; zone: string | undefined; currency: string | undefined; live: string }

/** The page of one plan, as it is chosen by now. Throws Refusal order/no_such_item. */
export async function itemPage(
  ctx: Context,
  c: PortalContext,
  chosen: Chosen,
  fault?: FieldFault,
): Promise<Response> {
  const page = c.get('page')
  const { issuerId } = page.issuer
  const items = await inIssuer(ctx.db, issuerId, (tx) => itemsOnSale(tx, issuerId))
  const plan = items.find((item) => item.code === chosen.code)
  if (plan?.kind !== 'plan') throw new Refusal('order/no_such_item')
  const zones = plan.terms.zones
  const zone = zones.find((one) => one.code === chosen.zone) ?? zones[0]!
  const { live, known } = await residenceOf(ctx, c, chosen.live)
  const currency = pickCurrency(Object.keys(plan.terms.prices), chosen.currency, live)
  return c.html(
    <ItemPage
      page={page}
      plan={plan}
      zone={zone}
      currency={currency}
      live={known ? null : live}
      jurisdiction={live}
      fault={fault}
    />,
  )
}
