import { sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'
import type { Seeded } from '../../test/seed.ts'
import { checkBooks } from '../ledger/check.ts'
import { inIssuer } from '../platform/db.ts'
import { openExpiryWorld, readHouse, readState, readTold, seedExpiring } from './expiry.fixture.ts'
import { countCards, lapseSome } from './lapse-due.ts'
import { pagesWorthReading } from './pages-worth-reading.ts'
import { sweepExpiry } from './sweep-expiry.ts'

let world: TestWorld
beforeEach(async () => void (world = await openExpiryWorld({ kind: 'lapse' })))
afterEach(() => world.stop())

const issuerId = 'leb'

/** An order that was delivered for a card: net 1,000 of what `terms` says. */
async function order(card: Seeded, kind: 'card' | 'add_on' | 'top_up', terms: object): Promise<string> {
  const [orderId, itemId] = [world.ids.next(), world.ids.next()]
  const code = `T${itemId.slice(-12).toUpperCase()}`
  await inIssuer(world.db, issuerId, async (tx) => {
    await sql`insert into catalogue_item (issuer_id, item_id, code, version, kind, terms, published_at)
      values (${issuerId}, ${itemId}, ${code}, 1, ${kind === 'add_on' ? 'add_on' : 'plan'},
        ${JSON.stringify(terms)}::jsonb, ${world.clock.now()})`.execute(tx)
    await sql`insert into purchase_order (issuer_id, order_id, number, kind, item_id, holder_id, card_id, jurisdiction,
        locale, currency, net_minor, tax_minor, gross_minor, tax, pay_by, state, terms_version, terms_sha256,
        accepted_at, created_at, pay_until, delivered_at)
      values (${issuerId}, ${orderId}, ${`N-${orderId}`}, ${kind}, ${kind === 'top_up' ? null : itemId}, ${card.holderId},
        ${card.cardId}, 'CH', 'en', 'CNY', 1000, 0, 1000, '{}', 'stripe', 'delivered', '1', '', now(), now(), now(), now())`.execute(
      tx,
    )
  })
  return orderId
}

const bucket = (card: Seeded, orderId: string, kind: string, units: number, hours: number) =>
  inIssuer(world.db, issuerId, (tx) =>
    tx
      .insertInto('bucket')
      .values({
        issuer_id: issuerId,
        bucket_id: world.ids.next(),
        card_id: card.cardId,
        order_id: orderId,
        kind,
        granted_units: BigInt(units),
        left_units: BigInt(units),
        expires_at: new Date(world.clock.now().getTime() + hours * 3_600_000),
      })
      .execute(),
  )
const earned = () =>
  inIssuer(world.db, issuerId, async (tx) => {
    const rows = await tx
      .selectFrom('purchase_order')
      .select(['kind', 'earned_minor'])
      .orderBy('kind')
      .execute()
    return rows.map((row) => `${row.kind} ${row.earned_minor}`)
  })

it('earns what is still deferred of a card’s orders when it ends, but not the balance that came with the plan', async () => {
  const [card] = await seedExpiring(world, [{ endsInHours: -1, told: 3, balance: 500n }])
  await order(card!, 'card', { balance: { CNY: '300' } })
  await order(card!, 'top_up', {})
  const addOn = await order(card!, 'add_on', { more_days: 3 })
  await bucket(card!, addOn, 'data', 200, -1)
  await sweepExpiry(world)
  await sweepExpiry(world)
  expect(await earned()).toEqual(['add_on 1000', 'card 700', 'top_up 0'])
  expect(await readHouse(world, 'revenue')).toBe(1700n)
  expect(await readHouse(world, 'deferred_revenue')).toBe(-1700n)
  expect(await readTold(world, card!)).toEqual(['0 card lapsed 500 CNY'])
  expect(await checkBooks(world)).toMatchObject({ ok: true })
})

it('warns of an add-on worth a mail, ends it before its card, and earns its order when all of it is over', async () => {
  const [card] = await seedExpiring(world, [{ endsInHours: 200, told: 0, balance: 0n, dataMb: 50 }])
  const worth = await order(card!, 'add_on', { more_days: 0 })
  await bucket(card!, worth, 'data', 400, 30)
  await bucket(card!, worth, 'sms', 3, 60)
  await sweepExpiry(world)
  expect(await readTold(world, card!)).toEqual([])
  world.clock.advance({ hours: 10 })
  await sweepExpiry(world)
  world.clock.advance({ hours: 19 })
  await sweepExpiry(world)
  world.clock.advance({ hours: 2 })
  await sweepExpiry(world)
  expect(await readTold(world, card!)).toEqual(['24 bucket', '2 bucket', '0 bucket lapsed 0 CNY'])
  expect(await earned()).toEqual(['add_on 0'])
  world.clock.advance({ hours: 30 })
  await sweepExpiry(world)
  expect(await earned()).toEqual(['add_on 1000'])
  expect(await readState(world, card!)).toMatchObject({ lapsed_at: null, data_left_mb: 50n })
  expect(await checkBooks(world)).toMatchObject({ ok: true })
})

it('lets a top-up after the last warning have a warning of its own', async () => {
  const [card] = await seedExpiring(world, [{ endsInHours: 20, told: 3 }])
  const orderId = await order(card!, 'top_up', {})
  const set = (state: string) =>
    inIssuer(world.db, issuerId, (tx) =>
      tx.updateTable('purchase_order').set({ state }).where('order_id', '=', orderId).execute(),
    )
  await set('paid')
  expect((await readState(world, card!)).told).toBe(3)
  await set('delivered')
  expect((await readState(world, card!)).told).toBe(0)
  await sweepExpiry(world)
  expect(await readTold(world, card!)).toEqual(['24 card'])
})

it('takes a large backlog page by page, and what lies elsewhere by the index', async () => {
  await seedExpiring(
    world,
    Array.from({ length: 30 }, () => ({ endsInHours: -1, told: 3, balance: 10n })),
  )
  const issuer = world.issuers.find((one) => one.issuerId === issuerId)!
  const now = world.clock.now()
  const all = { from: 0, to: 1000, parts: 1, part: 0 }
  expect(await lapseSome(world, issuer, now, 10, all)).toMatchObject([{ cards: 10, minor: 100n }])
  expect(await lapseSome(world, issuer, now, 100, { ...all, from: 1000, to: 2000 })).toEqual([])
  expect(await lapseSome(world, issuer, now)).toMatchObject([{ cards: 20, minor: 200n }])
  expect(await pagesWorthReading(world, issuerId, now)).toEqual([])
  const ranges = await pagesWorthReading(world, issuerId, now, 0)
  const pages = ranges.flatMap(({ from, to, part }) =>
    Array.from({ length: to - from }, (_, n) => `${from + n}/${part}`),
  )
  expect(new Set(pages).size).toBe(pages.length)
  const { parts } = ranges[0]!
  for (let part = 0; part < parts; part++) expect(pages).toContain(`0/${part}`)
})

it('takes each card of a page in one of its parts', async () => {
  await seedExpiring(
    world,
    Array.from({ length: 30 }, () => ({ endsInHours: -1, told: 3, balance: 10n })),
  )
  const issuer = world.issuers.find((one) => one.issuerId === issuerId)!
  const now = world.clock.now()
  const taken: number[] = []
  for (let part = 0; part < 8; part++)
    taken.push(countCards(await lapseSome(world, issuer, now, 100, { from: 0, to: 1000, parts: 8, part })))
  expect(taken.reduce((sum, cards) => sum + cards)).toBe(30)
  expect(Math.max(...taken)).toBeLessThan(30)
  expect(await lapseSome(world, issuer, now)).toEqual([])
})
