import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { sessionOrNone, sessionIfAny } from '../api/bearer.ts'
import { InvalidInput } from '../api/invalid-input.ts'
import { json, moneyOrNull, problems, underIssuer } from '../api/shapes.ts'
import { moneyJson } from '../ledger/money.ts'
import { inIssuer } from '../platform/db.ts'
import type { Buyer } from './buyer.ts'
import { type Offer, readOffer, saleRules } from './offer.ts'
import { offer_problems } from './offer-problems.ts'
import { taxJson } from './order-json.ts'
import { priceFields, wantedShape } from './order-shapes.ts'
import { payBys, payWays } from './pay-ways.ts'
import { freeBalance } from './set-aside.ts'
import { standingOf } from './standing.ts'
import type { Wanted } from './quote.ts'

const asked = z.object({
  kind: z.enum(['card', 'top_up', 'add_on']),
  code: z.string().max(20).optional().openapi({ description: 'of a card or an add-on', example: 'LEB3' }),
  zone: z.string().max(20).optional().openapi({ description: 'of a card', example: 'EU' }),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional()
    .openapi({ description: "needed for a card; else it has to be the card's own", example: 'EUR' }),
  cardId: z.uuid().optional().openapi({ description: 'of a top-up or an add-on: a card of yours' }),
  amount: z
    .string()
    .max(40)
    .optional()
    .openapi({ description: "of a top-up: a plain decimal in the card's currency", example: '20.00' }),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .openapi({
      description: 'where the buyer of a card lives, without a session; with one the account says it',
      example: 'DE',
    }),
  accountId: z.uuid().optional().openapi({ description: 'with a session, for a card: for which account' }),
})

const rule = {
  basis: z.string().openapi({ description: 'the rule' }),
  verified: z.boolean().openapi({ description: 'false: our reading, not yet confirmed by counsel' }),
}
const quoteShape = z
  .object({
    ...priceFields,
    itemId: z.uuid().nullable().openapi({ description: 'what to order with; null for a top-up' }),
    balance: moneyOrNull.openapi({ description: 'of the price: what becomes balance of the card' }),
    country: z.string().openapi({ description: 'whose law and tax hold for this buyer', example: 'DE' }),
    payBy: z
      .array(z.enum(payBys))
      .openapi({ description: '`balance` only where the balance of the card reaches for the add-on' }),
    terms: z
      .object({ version: z.string(), sha256: z.string() })
      .openapi({ description: 'to be accepted with the order; their text is in the catalogue' }),
    withdrawal: z
      .object({ days: z.int(), until: z.iso.datetime(), ...rule })
      .nullable()
      .openapi({
        description:
          'within how many days of the purchase the contract can be withdrawn from, and until when, bought now; null where the law gives no such right',
      }),
    moneyBack: z
      .object({
        atExpiry: z.enum(['lapse', 'keep', 'refund']).openapi({
          description:
            'what becomes of balance that is left when the card ends: it lapses, stays its holder’s for `keepDays`, or goes back by itself',
        }),
        keepDays: z.int().nullable(),
        unusedPlan: z.enum(['nothing', 'by_day', 'by_use']).openapi({
          description: 'what closing early gives back of a plan that is not used up',
        }),
        closingFee: moneyOrNull,
        minimumPayout: moneyOrNull.openapi({
          description: 'less than this is paid out only when it is asked for',
        }),
        arrivesWithinDays: z
          .int()
          .openapi({ description: 'calendar days from the day on which money is sent back' }),
        ...rule,
      })
      .openapi({ description: 'how one gets money back, by the rules that closing is reckoned by' }),
  })
  .openapi('Quote')

const read = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/quote',
  operationId: 'readQuote',
  tags: ['Shop'],
  summary: 'What a purchase costs now, with its tax, and under which rules, before anything is ordered',
  description:
    'The offer that the checkout page shows and that an order placed now pins. A card can be quoted without signing in.',
  security: sessionOrNone,
  request: { params: underIssuer, query: asked },
  responses: {
    200: json(quoteShape, 'the quote'),
    ...problems('api/invalid_input', 'issuer/unknown', 'holder/sign_in_needed', ...offer_problems),
  },
})

/** A price before it is ordered. */
export function quoteApi(app: ApiApp): void {
  app.openapi(read, async (c) => {
    const [ctx, issuer] = [c.get('ctx'), c.get('issuer')]
    const { country, accountId, ...rest } = c.req.valid('query')
    const wanted = wantedOf(rest)
    const session = await sessionIfAny(c)
    if (!session && wanted.kind === 'card' && country === undefined) throw missing('country')
    const buyer: Buyer = session
      ? {
          kind: 'signed_in',
          holderIds: session.holderIds,
          ...(accountId !== undefined && { accountId: accountId.toLowerCase() }),
        }
      : { kind: 'guest', email: '', name: '', live: country ?? '' }
    const now = ctx.clock.now()
    const { offer, jurisdiction, free } = await inIssuer(ctx.db, issuer.issuerId, async (tx) => {
      const standing = await standingOf(tx, { issuer, wanted, buyer })
      const found = await readOffer(tx, { issuer, wanted, jurisdiction: standing.jurisdiction, now })
      const { issuerId } = issuer
      const left =
        wanted.kind === 'add_on' ? await freeBalance(tx, { issuerId, cardId: wanted.cardId }) : null
      return { offer: found, jurisdiction: standing.jurisdiction, free: left }
    })
    const reaches = free !== null && free >= offer.price.gross
    return c.json(
      {
        ...quoteJson(offer),
        country: jurisdiction,
        payBy: [...(reaches ? (['balance'] as const) : []), ...payWays(issuer)],
        ...rulesJson(saleRules({ issuer, jurisdiction, now }), offer.price.currency),
      },
      200,
    )
  })
}

/** The same as an order's `wanted`, told of in the same words where it is wrong. */
function wantedOf(given: Record<string, string | undefined>): Wanted {
  const told = wantedShape.safeParse(given)
  if (!told.success) throw new InvalidInput('query', told.error.issues, given)
  const { data } = told
  if (data.kind === 'card') return data
  const { currency, ...rest } = data
  return { ...rest, cardId: data.cardId.toLowerCase(), ...(currency !== undefined && { currency }) }
}

const missing = (name: string) => new InvalidInput('query', [{ code: 'missing', path: [name] }])

function quoteJson({ price, terms }: Offer) {
  const { currency } = price
  const money = (amount: bigint) => moneyJson({ amount, currency })
  return {
    kind: price.kind,
    code: price.item?.code ?? null,
    itemId: price.item?.itemId ?? null,
    zone: price.zone,
    gross: money(price.gross),
    net: money(price.net),
    tax: money(price.tax),
    ...taxJson(price.taxRule),
    balance: price.balance > 0n ? money(price.balance) : null,
    terms: { version: terms.version, sha256: terms.sha256 },
  }
}

function rulesJson(rules: ReturnType<typeof saleRules>, currency: string) {
  const { money, ground, withdrawal, withdrawableUntil, refundArrivesDays } = rules
  const sum = (amounts: Record<string, string>) => {
    const amount = BigInt(amounts[currency] ?? '0')
    return amount > 0n ? moneyJson({ amount, currency }) : null
  }
  return {
    withdrawal:
      withdrawal && withdrawableUntil
        ? {
            days: withdrawal.days,
            until: withdrawableUntil.toISOString(),
            basis: withdrawal.basis,
            verified: withdrawal.verified,
          }
        : null,
    moneyBack: {
      atExpiry: money.at_expiry.kind,
      keepDays: money.at_expiry.kind === 'keep' ? money.at_expiry.days : null,
      unusedPlan: money.unused_plan,
      closingFee: sum(money.closing_fee),
      minimumPayout: sum(money.minimum_payout),
      arrivesWithinDays: refundArrivesDays,
      ...ground,
    },
  }
}
