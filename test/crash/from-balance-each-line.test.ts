import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { checkBooks } from '../../src/ledger/check.ts'
import { lookAtOrder } from '../../src/order/look-at-order.ts'
import { type NewOrder, placeOrder, type Placed } from '../../src/order/place-order.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { openLeases } from '../../src/platform/leases.ts'
import { putCatalogue } from '../../src/plan/put-catalogue.ts'
import { sampleCatalogue } from '../../src/plan/sample-catalogue.ts'
import { type Outside, openOutside } from '../outside.ts'
import { openShop, type Shop } from '../orders.ts'
import { seedCard, type Seeded } from '../seed.ts'
import { Crash, type Fuse, withFuse } from './crash-at.ts'

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside({ keepMails: 0 })
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

async function mortally<T>(blows: number | undefined, act: (world: Outside) => Promise<T>) {
  const fuse: Fuse = { reached: 0, blows, blown: false }
  const value = await act(withFuse(leb, fuse)).catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error
    return undefined
  })
  return { fuse, value }
}

const look = (placed: Placed, blows: number | undefined) =>
  mortally(blows, async (world) => {
    const leases = openLeases(leb.databaseUrl)
    try {
      await lookAtOrder(world, leases, { issuerId: 'leb', id: placed.orderId })
    } finally {
      await leases.close()
    }
  })

const orderFor = (card: Seeded): Promise<NewOrder> =>
  shop.order({
    wanted: { kind: 'add_on', cardId: card.cardId, code: 'DATA1G' },
    buyer: { kind: 'signed_in', holderIds: [card.holderId] },
    payBy: 'balance',
    client: leb.ids.readable(),
    once: randomBytes(16).toString('base64url'),
  })

const stateOf = (card: Seeded) =>
  inIssuer(leb.db, 'leb', async (tx) => {
    const { balance, held } = await tx
      .selectFrom('ledger_account')
      .select(['balance', 'held'])
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow()
    const count = async (table: 'bucket' | 'purchase_order' | 'invoice') =>
      (await tx.selectFrom(table).select('card_id').where('card_id', '=', card.cardId).execute()).length
    return {
      balance,
      held,
      orders: await count('purchase_order'),
      buckets: await count('bucket'),
      invoices: await count('invoice'),
    }
  })

it('is ordered once whenever the process dies that takes the order, and is asked again', async () => {
  for (let k = 1; ; k++) {
    const card = await seedCard(leb, { balance: 9_000n })
    const order = await orderFor(card)
    const { fuse } = await mortally(k, (world) => placeOrder(world, order))
    await placeOrder(leb, order)
    expect(await stateOf(card)).toMatchObject({ balance: 9_000n, held: 3_800n, orders: 1 })
    if (!fuse.blown) return expect(k).toBeGreaterThan(2)
  }
})

/** Orders whose worker dies at event 1, 2, 3 …, told to their end; the cards of all. */
async function tellAll(end: 'delivered' | 'refunded', between: () => Promise<void>): Promise<Seeded[]> {
  const cards: Seeded[] = []
  for (let k = 1; ; k++) {
    const card = await seedCard(leb, { balance: 9_000n })
    cards.push(card)
    const placed = await placeOrder(leb, await orderFor(card))
    await between()
    const { fuse } = await look(placed, k)
    for (let lives = 0; (await shop.view(placed)).state !== end; lives++) {
      expect(lives).toBeLessThan(10)
      await look(placed, undefined)
    }
    await look(placed, undefined)
    if (!fuse.blown) return cards
  }
}

it('is delivered and taken once, whenever its worker dies', async () => {
  const cards = await tellAll('delivered', async () => undefined)
  expect(cards.length).toBeGreaterThan(3)
  for (const card of cards)
    expect(await stateOf(card)).toEqual({ balance: 5_200n, held: 0n, orders: 1, buckets: 1, invoices: 1 })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('is set free once where it can not be delivered, whenever its worker dies', async () => {
  const cards = await tellAll('refunded', async () => {
    await putCatalogue(leb, 'leb', { items: [], withdraw: ['DATA1G'] })
    await putCatalogue(leb, 'leb', sampleCatalogue())
  })
  expect(cards.length).toBeGreaterThan(3)
  for (const card of cards)
    expect(await stateOf(card)).toEqual({ balance: 9_000n, held: 0n, orders: 1, buckets: 0, invoices: 0 })
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})
