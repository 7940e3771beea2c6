import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { closeCard } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { undoClosure } from '../closure/undo.ts'
import { checkBooks } from '../ledger/check.ts'
import { sweepHolds } from '../ledger/holds.ts'
import { inIssuer } from '../platform/db.ts'
import { openLeases } from '../platform/leases.ts'
import { takeUsage } from '../usage/take-usage.ts'
import { lookAtOrder } from './look-at-order.ts'

let leb: Outside
let shop: Shop
let card: Seeded
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())
beforeEach(async () => void (card = await seedCard(leb, { balance: 10_000n })))

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)
const order = (more: Parameters<Shop['place']>[0] = {}) =>
  shop.place({
    wanted: { kind: 'add_on', cardId: card.cardId, code: 'DATA1G' },
    buyer: { kind: 'signed_in', holderIds: [card.holderId] },
    payBy: 'balance',
    client: leb.ids.readable(),
    ...more,
  })
const balance = () =>
  asLeb((tx) =>
    tx
      .selectFrom('ledger_account')
      .select(['balance', 'held'])
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow(),
  )
const states = async () => {
  const rows = await asLeb((tx) =>
    tx.selectFrom('purchase_order').select('state').where('card_id', '=', card.cardId).execute(),
  )
  return rows.map(({ state }) => state)
}
const bucketCount = async () =>
  (await asLeb((tx) => tx.selectFrom('bucket').select('kind').where('card_id', '=', card.cardId).execute()))
    .length

it('takes of 64 orders at once those that the balance reaches for, and refuses the others', async () => {
  const told = await Promise.allSettled(Array.from({ length: 64 }, () => order()))
  const placed = told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  expect(placed).toHaveLength(2)
  for (const one of told)
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'order/balance_short' })
  expect(await balance()).toEqual({ balance: 10_000n, held: 7_600n })
  await Promise.all(placed.map((one) => shop.look(one)))
  expect(await balance()).toEqual({ balance: 2_400n, held: 0n })
  expect(await bucketCount()).toBe(2)
})

it('is one order when the same form comes 32 times at once, also where a second would not be reached for', async () => {
  card = await seedCard(leb, { balance: 3_800n })
  const once = randomBytes(16).toString('base64url')
  const placed = await Promise.all(Array.from({ length: 32 }, () => order({ once })))
  expect(new Set(placed.map(({ orderId }) => orderId)).size).toBe(1)
  expect(placed.filter(({ fresh }) => fresh)).toHaveLength(1)
  expect(await balance()).toEqual({ balance: 3_800n, held: 3_800n })
})

it('is delivered and paid once when workers of several processes look at it at once, and again after', async () => {
  const placed = await order()
  const workers = [1, 2, 3].map(() => openLeases(leb.databaseUrl))
  const look = (leases: (typeof workers)[number]) =>
    lookAtOrder(leb, leases, { issuerId: 'leb', id: placed.orderId })
  await Promise.all(workers.flatMap((leases) => [look(leases), look(leases)]))
  await shop.look(placed)
  for (const leases of workers) await leases.close()
  expect((await shop.view(placed)).state).toBe('delivered')
  expect(await bucketCount()).toBe(1)
  expect(await balance()).toEqual({ balance: 6_200n, held: 0n })
})

it('leaves usage only what is free, and usage leaves it what was set aside', async () => {
  const rounds = Array.from({ length: 6 }, (_, at) => at)
  const use = (at: number) =>
    takeUsage(leb, 'leb', [
      {
        recordId: `race-${card.cardId}-${at}`,
        cardId: card.cardId,
        kind: 'data',
        // More than the card's bucket and its balance.
        quantity: 100_000,
        zone: 'JP',
        usedAt: leb.clock.now().getTime(),
      },
    ])
  const [ordered] = await Promise.all([
    order().catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'order/balance_short' })
      return undefined
    }),
    ...rounds.map(use),
  ])
  if (ordered) await Promise.all([shop.look(ordered), ...rounds.map(use)])
  const { balance: left, held } = await balance()
  expect(held).toBe(0n)
  expect(left).toBeLessThan(100n)
  expect(await states()).toEqual(ordered ? ['delivered'] : [])
  expect(await bucketCount()).toBe(ordered ? 1 : 0)
})

it('ends one way or the other when a closing comes at the same moment, and no cent is in both', async () => {
  const ends = new Set<string>()
  for (let round = 0; round < 6; round++) {
    card = await seedCard(leb, { balance: 5_000n })
    const placed = await order()
    const [closureId] = await Promise.all(
      round % 2 === 0
        ? [closeCard(leb, card), shop.look(placed)]
        : [shop.look(placed).then(() => closeCard(leb, card)), shop.look(placed)],
    )
    await leb.look('leb', closureId)
    await shop.look(placed)
    const { state } = await shop.view(placed)
    ends.add(state)
    const { settlement } = await asLeb((tx) =>
      tx
        .selectFrom('closure_card')
        .select('settlement')
        .where('closure_id', '=', closureId)
        .executeTakeFirstOrThrow(),
    )
    const spent = state === 'delivered' ? 3_800n : 0n
    expect(settlement).toMatchObject({ lines: [{ kind: 'balance', amount: (5_000n - spent).toString() }] })
    expect(await balance()).toEqual({ balance: 0n, held: 0n })
  }
  expect(ends).toContain('delivered')
})

it('is not delivered unpaid when its closing was settled and undone before anybody looked', async () => {
  // What was paid by transfer waits for an account to go to, and the closing can still be undone.
  card = await seedCard(leb, { balance: 10_000n, provider: 'bank' })
  const placed = await order()
  const closureId = await closeCard(leb, card)
  expect(await balance()).toEqual({ balance: 0n, held: 0n })
  await undoClosure(leb, { issuerId: 'leb', closureId })
  expect(await balance()).toEqual({ balance: 10_000n, held: 0n })
  await shop.look(placed)
  expect(await shop.view(placed)).toMatchObject({ state: 'refunded', refundReason: 'not_set_aside' })
  expect(await balance()).toEqual({ balance: 10_000n, held: 0n })
})

it('is delivered when a closing was undone before anybody looked, and its money is still set aside', async () => {
  const placed = await order()
  const closureId = await closeCard(leb, card, { start: 'after_undo_window' })
  await undoClosure(leb, { issuerId: 'leb', closureId })
  await shop.look(placed)
  expect((await shop.view(placed)).state).toBe('delivered')
  expect(await balance()).toEqual({ balance: 6_200n, held: 0n })
})

it('is taken or freed once when its time ends while it is delivered', async () => {
  for (let round = 0; round < 4; round++) {
    card = await seedCard(leb, { balance: 5_000n, expiresAt: new Date('2029-01-30T00:00:00Z') })
    const placed = await order()
    leb.clock.advance({ hours: 24 * 9 })
    await Promise.all([shop.look(placed), sweepHolds(leb), shop.look(placed)])
    await shop.look(placed)
    expect(await states()).toEqual(['refunded'])
    expect(await balance()).toEqual({ balance: 5_000n, held: 0n })
  }
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})
