import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { setMoney } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { checkBooks } from '../ledger/check.ts'
import { sweepExpiry } from '../expiry/sweep-expiry.ts'
import { inIssuer } from '../platform/db.ts'
import { tellHeldUp } from './tell-held-up.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { putIssuer } from '../issuer/issuer.ts'
import type { Refusal } from '../platform/errors.ts'
import { refusalLine } from '../web/refusal-texts.ts'
import { readPerson } from '../privacy/vault.ts'
import { takeUsage } from '../usage/take-usage.ts'

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)
const order = (card: Seeded, code: string) =>
  shop.place({
    wanted: { kind: 'add_on', cardId: card.cardId, code },
    buyer: { kind: 'signed_in', holderIds: [card.holderId] },
    payBy: 'balance',
    client: leb.ids.readable(),
    locale: 'en',
  })
const balance = (card: Seeded) =>
  asLeb((tx) =>
    tx
      .selectFrom('ledger_account')
      .select(['balance', 'held'])
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow(),
  )
const endOf = (card: Seeded) =>
  asLeb((tx) =>
    tx.selectFrom('card').select('expires_at').where('card_id', '=', card.cardId).executeTakeFirstOrThrow(),
  )
const hours = (count: number) => new Date(leb.clock.now().getTime() + count * 3_600_000)

it('brings a card that has ended back with the money that was kept on it', async () => {
  await setMoney(leb, 'leb', { at_expiry: { kind: 'keep', days: 365 } })
  const card = await seedCard(leb, { balance: 5_000n, residence: 'US', expiresAt: hours(2) })
  leb.clock.advance({ hours: 4 })
  await sweepExpiry(leb)
  expect((await balance(card)).balance).toBe(5_000n)
  await expect(order(card, 'SMS50')).rejects.toMatchObject({ code: 'order/card_ended' })
  const placed = await order(card, 'DAYS3')
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('delivered')
  expect(await endOf(card)).toEqual({ expires_at: hours(72) })
  expect(await balance(card)).toEqual({ balance: 200n, held: 0n })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('names no way that an ended card does not have, where the balance does not reach for its days', async () => {
  await setMoney(leb, 'leb', { at_expiry: { kind: 'keep', days: 365 } })
  const card = await seedCard(leb, { balance: 1_000n, residence: 'US', expiresAt: hours(2) })
  const way = async () => {
    const error: unknown = await order(card, 'DAYS3').catch((refused: unknown) => refused)
    return refusalLine(error as Refusal, 'en')
  }
  expect(await way()).toMatch(/CN¥38.00 is missing. Nothing was ordered or taken. Top the card up first/)
  leb.clock.advance({ hours: 4 })
  await sweepExpiry(leb)
  expect(await way()).toMatch(/has ended and can't be topped up: pay another way/)
})

it('keeps a balance from lapsing while days that are paid from it are on their way', async () => {
  await setMoney(leb, 'leb', { at_expiry: { kind: 'lapse' } })
  const [saved, lost] = [
    await seedCard(leb, { balance: 5_000n, residence: 'US', expiresAt: hours(80) }),
    await seedCard(leb, { balance: 5_000n, residence: 'US', expiresAt: hours(80) }),
  ]
  const placed = await order(saved, 'DAYS3')
  // Told 72, 24 and 2 hours before, and then over.
  for (const more of [9, 48, 22, 4]) {
    leb.clock.advance({ hours: more })
    await sweepExpiry(leb)
  }
  expect((await balance(lost)).balance).toBe(0n)
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('delivered')
  await sweepExpiry(leb)
  expect(await balance(saved)).toEqual({ balance: 200n, held: 0n })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('is held up as any order is, its buyer told that nothing is taken, and ends so when nobody mends it', async () => {
  const email = 'held-up@example.com'
  const card = await seedCard(leb, { balance: 5_000n, locale: 'en', email, expiresAt: hours(24 * 60) })
  const placed = await order(card, 'MIN30')
  const issuer = leb.issuers.find(({ issuerId }) => issuerId === 'leb')!
  const { seller: _seller, ...brand } = issuer.brand
  await putIssuer(leb.db, { ...issuer, brand }, leb.clock.now())
  await expect(shop.look(placed)).rejects.toThrow('invoice/seller_incomplete')
  expect(await balance(card)).toEqual({ balance: 5_000n, held: 2_200n })
  leb.clock.advance({ hours: 1 })
  await tellHeldUp(leb)
  await leb.sendMails('leb')
  const person = await asLeb((tx) => readPerson(leb, tx, 'leb', card.holderId))
  const [mail] = leb.world.sims.mail.messages(person!.email!)
  expect(mail!.raw.replaceAll('=\r\n', '')).toMatch(/the order ends and nothing is taken/)
  leb.clock.advance({ hours: 48 })
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'not_deliverable' })
  expect(await balance(card)).toEqual({ balance: 5_000n, held: 0n })
  await putIssuer(leb.db, issuer, leb.clock.now())
})

it('switches a line on again that went off while its money was set aside for nothing', async () => {
  const card = await seedCard(leb, { balance: 1_500n, expiresAt: hours(24 * 60) })
  const placed = await order(card, 'SMS50')
  await takeUsage(leb, 'leb', [
    {
      recordId: 'dry',
      cardId: card.cardId,
      kind: 'data',
      quantity: 600,
      zone: 'JP',
      usedAt: leb.clock.now().getTime(),
    },
  ])
  const wish = () =>
    asLeb((tx) =>
      tx.selectFrom('dry_cut').select('wish').where('card_id', '=', card.cardId).executeTakeFirst(),
    )
  expect(await wish()).toEqual({ wish: 1 })
  await putCatalogue(leb, 'leb', { items: [], withdraw: ['SMS50'] })
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('refunded')
  expect(await wish()).toEqual({ wish: 2 })
  expect(await balance(card)).toEqual({ balance: 1_500n, held: 0n })
})
