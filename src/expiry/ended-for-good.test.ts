import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import type { KeyStore } from '../adapters/keys/port.ts'
import { declareClosure } from '../closure/declare.ts'
import { undoClosure } from '../closure/undo.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { inIssuer } from '../platform/db.ts'
import { takeUsage } from '../usage/take-usage.ts'
import { readState } from './expiry.fixture.ts'
import { lapseSome } from './lapse-due.ts'
import { refundExpired } from './refund-expired.ts'

let leb: Outside
let shop: Shop
let issuer: Issuer
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  const sample = leb.issuers.find((one) => one.issuerId === 'leb')!
  issuer = { ...sample, rules: { ...sample.rules, money: { at_expiry: { kind: 'refund' } } } }
})
afterAll(() => leb.stop())

/** A card that ended a moment ago and whose money is to go back. */
async function ended(): Promise<Seeded> {
  const card = await seedCard(leb)
  await inIssuer(leb.db, 'leb', (tx) =>
    sql`update card set expires_at = ${new Date(leb.clock.now().getTime() - 3_600_000)} where card_id = ${card.cardId}`.execute(
      tx,
    ),
  )
  expect(await lapseSome(leb, issuer, leb.clock.now())).toMatchObject([{ outcome: 'refund', cards: 1 }])
  return card
}
const closureOf = (card: Seeded) =>
  inIssuer(leb.db, 'leb', (tx) =>
    tx.selectFrom('closure_card').select('closure_id').where('card_id', '=', card.cardId).executeTakeFirst(),
  )
const days = (card: Seeded) => ({
  wanted: { kind: 'add_on' as const, cardId: card.cardId, code: 'DAYS3' },
  buyer: { kind: 'signed_in' as const, holderIds: [card.holderId] },
})

it('sells no days for a card that they can not bring back, and gives back what was paid meanwhile', async () => {
  const card = await ended()
  const early = await shop.place(days(card))
  await refundExpired(leb, issuer)
  const { closure_id: closureId } = (await closureOf(card))!
  await undoClosure(leb, { issuerId: 'leb', closureId })
  expect(await readState(leb, card)).toMatchObject({ state: 'open', outcome: 'refunded', balance: 8640n })
  await expect(shop.place(days(card))).rejects.toMatchObject({ code: 'order/card_ended' })
  await shop.pay(early)
  await shop.hear(early)
  await shop.look(early)
  expect(await shop.view(early)).toMatchObject({ state: 'refunded', refundReason: 'card_ended' })
})

it('closes a card once by itself, also when its worker dies before it says so and the holder takes that back', async () => {
  const card = await ended()
  const { issuerId, accountId, cardId } = card
  const how = { act: 'terminate', start: 'at_once', locale: 'en', zone: 'UTC', receivedBy: 'expiry' } as const
  const whose = { issuerId, accountId, cardIds: [cardId] }
  const { closureId } = await declareClosure(leb, {
    ...whose,
    ...how,
    identity: 'issuer_decision',
  })
  await undoClosure(leb, { issuerId, closureId })
  expect(await refundExpired(leb, issuer)).toBe(0)
  expect(await readState(leb, card)).toMatchObject({ state: 'open', outcome: 'refunded', balance: 8640n })
})

it('closes no card that days brought back while the slips of others were made', async () => {
  const [first, second] = [await ended(), await ended()]
  const [other, revived] = first.cardId < second.cardId ? [first, second] : [second, first]
  let seals = 0
  const sealing: KeyStore['sealing'] = async (id) => {
    if (seals++ === 0) expect((await shop.view(await shop.buy(days(revived)))).state).toBe('delivered')
    return leb.keys.sealing(id)
  }
  await refundExpired({ ...leb, keys: { ...leb.keys, sealing } }, issuer)
  expect(await readState(leb, other)).toMatchObject({ state: 'closing', outcome: 'refunded' })
  expect(await readState(leb, revived)).toMatchObject({ state: 'open', outcome: null, lapsed_at: null })
  expect(await closureOf(revived)).toBeUndefined()
  const record = {
    recordId: leb.ids.next(),
    iccid: revived.iccid,
    kind: 'data' as const,
    quantity: 1,
    country: 'JP',
    usedAt: leb.clock.now().getTime(),
  }
  expect(await takeUsage(leb, 'leb', [record])).toMatchObject([{ outcome: 'charged' }])
})
