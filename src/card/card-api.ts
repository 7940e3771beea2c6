import { createRoute, z } from '@hono/zod-openapi'
import type { ApiApp } from '../api/api-env.ts'
import { needsSession, signedIn } from '../api/bearer.ts'
import { instant, json, money, problems, underCard, underIssuer } from '../api/shapes.ts'
import { endJson, endShape, expiryJson, expiryShape } from '../expiry/expiry-json.ts'
import { readEnds } from '../expiry/read-ends.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { onSaleOf } from '../order/on-sale.ts'
import { type CatalogueItem, itemsOnSale } from '../plan/catalogue.ts'
import { moneyJson } from '../ledger/money.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { type OwnCard, readOwnCards } from './own-cards.ts'

const count = z.string().regex(/^\d+$/)
const cardShape = z
  .object({
    cardId: z.uuid(),
    accountId: z.uuid(),
    accountRef: z.string(),
    iccid: z.string().openapi({ example: '8999901000000000018' }),
    plan: z.string().openapi({ example: 'LEB3' }),
    zone: z.string().openapi({ description: 'where it works', example: 'JP' }),
    state: z.enum(['open', 'closing', 'frozen', 'closed']),
    expiresAt: instant,
    balance: money,
    left: z
      .object({ dataMb: count, voiceSeconds: count, sms: count })
      .openapi({ description: 'what is left of the plan, whole numbers as strings' }),
    expiry: expiryShape
      .nullable()
      .openapi({ description: 'what its money does when it ends; null once it is being closed' }),
  })
  .openapi('Card')
const oneCard = cardShape
  .extend({ ends: z.array(endShape).openapi({ description: 'what has ended on it, newest first' }) })
  .openapi('CardWithEnds')

const list = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/cards',
  operationId: 'listCards',
  tags: ['Cards and accounts'],
  summary: 'Your cards, open ones first',
  security: needsSession,
  middleware: signedIn,
  request: { params: underIssuer },
  responses: {
    200: json(z.object({ cards: z.array(cardShape) }), 'the cards of all your accounts'),
    ...problems('issuer/unknown', 'holder/sign_in_needed'),
  },
})

const read = createRoute({
  method: 'get',
  path: '/api/v1/issuers/{issuer}/cards/{cardId}',
  operationId: 'readCard',
  tags: ['Cards and accounts'],
  summary: 'One card of yours',
  security: needsSession,
  middleware: signedIn,
  request: { params: underCard },
  responses: {
    200: json(oneCard, 'the card'),
    ...problems('issuer/unknown', 'holder/sign_in_needed', 'closure/no_such_card', 'api/invalid_input'),
  },
})

/** The cards of whoever is signed in. */
export function cardApi(app: ApiApp): void {
  app.openapi(list, async (c) => {
    const { issuerId } = c.get('issuer')
    const { db, clock } = c.get('ctx')
    const cards = await readOwnCards(c.get('ctx'), issuerId, c.get('session').holderIds)
    const items = await inIssuer(db, issuerId, (tx) => itemsOnSale(tx, issuerId))
    return c.json({ cards: cards.map((card) => shown(c.get('issuer'), card, items, clock.now())) }, 200)
  })
  app.openapi(read, async (c) => {
    const cardId = c.req.valid('param').cardId.toLowerCase()
    const cards = await readOwnCards(c.get('ctx'), c.get('issuer').issuerId, c.get('session').holderIds)
    const card = cards.find((one) => one.cardId === cardId)
    if (!card) throw new Refusal('closure/no_such_card')
    const { db, clock } = c.get('ctx')
    const { issuerId } = c.get('issuer')
    const { ends, items } = await inIssuer(db, issuerId, async (tx) => ({
      ends: await readEnds(tx, issuerId, [cardId]),
      items: await itemsOnSale(tx, issuerId),
    }))
    return c.json({ ...shown(c.get('issuer'), card, items, clock.now()), ends: ends.map(endJson) }, 200)
  })
}

function shown(issuer: Issuer, card: OwnCard, items: CatalogueItem[], now: Date): z.infer<typeof cardShape> {
  const { cardId, accountId, accountRef, iccid, plan, zone, state } = card
  return {
    cardId,
    accountId,
    accountRef,
    iccid,
    plan,
    zone,
    state,
    expiresAt: card.expiresAt.toISOString(),
    balance: moneyJson(card.balance),
    left: { dataMb: `${card.dataLeftMb}`, voiceSeconds: `${card.voiceLeftS}`, sms: `${card.smsLeft}` },
    expiry: expiryJson(issuer, card, onSaleOf(card, items, now), now),
  }
}
