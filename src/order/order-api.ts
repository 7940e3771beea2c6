import { createRoute, z } from '@hono/zod-openapi'
import { sessionIfAny, sessionOrNone } from '../api/bearer.ts'
import type { ApiApp, ApiContext } from '../api/api-env.ts'
import { onceForRoute } from '../api/once-for-route.ts'
import {
  idempotencyKey,
  json,
  jsonBody,
  postProblems,
  problems,
  secretIdempotencyKey,
  underIssuer,
} from '../api/shapes.ts'
import type { Session } from '../holder/session.ts'
import { termsAt } from '../invoice/terms.ts'
import { itemsOnSale } from '../plan/catalogue.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { askLate } from './ask-late.ts'
import { type Buyer, readGuest } from './buyer.ts'
import { offer_problems } from './offer-problems.ts'
import { addOnJson, orderJson, planJson } from './order-json.ts'
import { catalogueShape, orderBodyShape, orderShape } from './order-shapes.ts'
import { payWays } from './pay-ways.ts'
import { placeOrder } from './place-order.ts'
import type { Wanted } from './quote.ts'
import { readOrder } from './read-order.ts'
import { seenOrder, sessionOrOrder, underOrder } from './seen-order.ts'
import { startPayment } from './start-payment.ts'

const tags = ['Shop']

const catalogue = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/catalogue',
  operationId: 'readCatalogue',
  tags,
  security: [],
  summary: 'What is on sale, where it works, what it costs, and under which terms',
  request: { params: underIssuer },
  responses: { 200: json(catalogueShape, 'the catalogue'), ...problems('issuer/unknown') },
})

const place = createRoute({
  method: 'post',
  path: '/api/v1/issuers/{issuer}/orders',
  operationId: 'placeOrder',
  tags,
  summary: 'Order a card, a top-up or an add-on',
  description:
    "A card can be ordered without signing in. Price, tax and the accepted terms are pinned on the order. An order that is not paid in time lapses, and its buyer's details are erased.",
  security: sessionOrNone,
  request: { params: underIssuer, headers: secretIdempotencyKey, body: jsonBody(orderBodyShape) },
  responses: {
    201: {
      ...json(orderShape, 'ordered'),
      headers: { Location: { description: 'the order', schema: { type: 'string' as const, format: 'uri' } } },
    },
    ...problems(
      ...postProblems,
      'issuer/unknown',
      'holder/sign_in_needed',
      'holder/email_invalid',
      'holder/too_often',
      ...offer_problems,
      'order/offer_changed',
      'order/amount_not_taken',
      'order/pay_by_unavailable',
      'order/voucher_wrong',
      'order/balance_short',
      'order/balance_short_ended',
    ),
  },
})

const read = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/orders/{number}',
  operationId: 'readOrder',
  tags,
  summary: 'How an order stands; when delivered, with the activation code',
  description: 'While it waits for its payment, the provider is asked too: no webhook is waited for.',
  security: sessionOrOrder,
  request: { params: underOrder },
  responses: {
    200: json(orderShape, 'the order'),
    ...problems('issuer/unknown', 'holder/sign_in_needed', 'order/no_such_order', 'api/invalid_input'),
  },
})

const pay = createRoute({
  method: 'post',
  path: '/api/v1/issuers/{issuer}/orders/{number}/payment',
  operationId: 'startPayment',
  tags,
  summary: 'The page where this order is paid; the same one however often it is asked for',
  security: sessionOrOrder,
  request: { params: underOrder, headers: idempotencyKey },
  responses: {
    200: json(z.object({ payUrl: z.url() }).openapi('PaymentPage'), 'send the buyer there'),
    ...problems(
      ...postProblems,
      'issuer/unknown',
      'holder/sign_in_needed',
      'order/no_such_order',
      'order/not_payable',
      'order/amount_not_taken',
      'order/provider_silent',
    ),
  },
})

/** The shop over HTTP. */
export function orderApi(app: ApiApp): void {
  app.openapi(catalogue, async (c) => {
    const [ctx, issuer] = [c.get('ctx'), c.get('issuer')]
    const { items, terms } = await inIssuer(ctx.db, issuer.issuerId, async (tx) => ({
      items: await itemsOnSale(tx, issuer.issuerId),
      terms: await termsAt(tx, issuer.issuerId, ctx.clock.now()),
    }))
    const plans = items.flatMap((item) => (item.kind === 'plan' ? [planJson(item)] : []))
    const addOns = items.flatMap((item) => (item.kind === 'add_on' ? [addOnJson(item)] : []))
    const { version = '', sha256 = '', text } = terms ?? {}
    const topUps = Object.entries(issuer.rules.top_up).map(
      ([currency, { least, most }]) => [currency, { min: least, max: most }] as const,
    )
    return c.json(
      {
        plans,
        addOns,
        topUps: Object.fromEntries(topUps),
        terms: text ? { version, sha256, text } : null,
        payBy: payWays(issuer),
      },
      200,
    )
  })
  app.openapi(place, async (c) => {
    const [ctx, issuer] = [c.get('ctx'), c.get('issuer')]
    const body = c.req.valid('json')
    const key = c.req.valid('header')['Idempotency-Key']
    const session = await sessionIfAny(c)
    const { kept } = await onceForRoute(c, {
      key,
      caller: session?.fingerprint ?? body.buyer?.email ?? '',
      body,
      act: async () => ({ orderId: (await newOrder(c, body, session, key)).orderId }),
    })
    const order = await inIssuer(ctx.db, issuer.issuerId, (tx) =>
      readOrder(ctx, tx, { issuerId: issuer.issuerId, orderId: kept.orderId }),
    )
    if (!order) throw new Refusal('order/no_such_order')
    const answer = orderJson(ctx, order, c.get('lang'))
    c.header('Location', answer.statusUrl)
    return c.json(answer, 201)
  })
  app.openapi(read, async (c) => {
    const ctx = c.get('ctx')
    let { order } = await seenOrder(c, c.req.valid('param').number)
    if (await askLate(ctx, order)) order = (await seenOrder(c, order.number)).order
    return c.json(orderJson(ctx, order, c.get('lang')), 200)
  })
  app.openapi(pay, async (c) => {
    const [ctx, issuer, locale] = [c.get('ctx'), c.get('issuer'), c.get('lang')]
    const { order } = await seenOrder(c, c.req.valid('param').number)
    // The provider's page is asked for by the order's own key: whatever is repeated, it is one page.
    const { payUrl } = await startPayment(ctx, { issuer, order, locale })
    return c.json({ payUrl }, 200)
  })
}

type Body = z.infer<typeof orderBodyShape>

function newOrder(c: ApiContext, body: Body, session: Session | undefined, key: string) {
  const [ctx, issuer] = [c.get('ctx'), c.get('issuer')]
  const buyer = buyerOf(body, session)
  // After a crash the same request finds the order that it made before.
  const whose = session ? session.fingerprint.toString('base64url') : (body.buyer?.email ?? '')
  return placeOrder(ctx, {
    issuer,
    wanted: wantedOf(body),
    buyer,
    payBy: body.payBy,
    ...(body.voucher !== undefined && { voucherCode: body.voucher }),
    locale: body.locale ?? c.get('lang'),
    client: c.get('client'),
    once: `api/${whose}/${key}/${JSON.stringify(body)}`,
    seen: {
      itemId: body.itemId?.toLowerCase() ?? null,
      termsVersion: body.acceptedTerms.version,
      termsSha256: body.acceptedTerms.sha256,
    },
    accepted: true,
  })
}

function wantedOf({ wanted }: Body): Wanted {
  if (wanted.kind === 'card') return wanted
  const { currency, ...rest } = wanted
  return { ...rest, cardId: wanted.cardId.toLowerCase(), ...(currency !== undefined && { currency }) }
}

function buyerOf(body: Body, session: Session | undefined): Buyer {
  if (session)
    return {
      kind: 'signed_in',
      holderIds: session.holderIds,
      ...(body.accountId !== undefined && { accountId: body.accountId.toLowerCase() }),
    }
  if (!body.buyer) throw new Refusal('holder/sign_in_needed')
  return readGuest({ email: body.buyer.email, name: body.buyer.name ?? '', live: body.buyer.country })
}
