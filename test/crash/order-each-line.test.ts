import { afterAll, beforeAll, expect, it } from 'vitest'
import { lookAtOrder } from '../../src/order/look-at-order.ts'
import type { Placed } from '../../src/order/place-order.ts'
import { inIssuer } from '../../src/platform/db.ts'
import { openLeases } from '../../src/platform/leases.ts'
import { type Outside, openOutside } from '../outside.ts'
import { openShop, type Shop } from '../orders.ts'
import { Crash, type Fuse, withFuse } from './crash-at.ts'

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside({ keepMails: 0 })
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

/** One process's life with an order, dead at event `blows`. */
async function live(placed: Placed, blows: number | undefined): Promise<Fuse> {
  const fuse: Fuse = { reached: 0, blows, blown: false }
  const mortal = withFuse(leb, fuse)
  const leases = openLeases(leb.databaseUrl)
  try {
    await lookAtOrder(mortal, leases, { issuerId: 'leb', id: placed.orderId })
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  } finally {
    await leases.close()
  }
  return fuse
}

async function paidOrder(): Promise<Placed> {
  const placed = await shop.place({ wanted: { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' } })
  await shop.pay(placed)
  await shop.hear(placed)
  return placed
}

/** Orders killed at event 1, 2, 3 … and then told to their end. The last one met no death at all. */
async function tellAll(end: 'delivered' | 'refunded'): Promise<Placed[]> {
  const all: Placed[] = []
  for (let k = 1; ; k++) {
    const placed = await paidOrder()
    all.push(placed)
    const fuse = await live(placed, k)
    for (let lives = 0; (await shop.view(placed)).state !== end; lives++) {
      expect(lives).toBeLessThan(20)
      leb.clock.advance({ seconds: 2 })
      await live(placed, undefined)
    }
    // The money may have been back before the profile was.
    await live(placed, undefined)
    if (!fuse.blown) return all
  }
}

const rowsOf = (orderIds: string[]) =>
  inIssuer(leb.db, 'leb', async (tx) => {
    const count = async (table: 'card' | 'invoice' | 'contract' | 'notice' | 'payout_part') =>
      (await tx.selectFrom(table).select('order_id').where('order_id', 'in', orderIds).execute()).length
    return {
      cards: await count('card'),
      invoices: await count('invoice'),
      contracts: await count('contract'),
      mails: await count('notice'),
      parts: await count('payout_part'),
    }
  })

it('a paid order survives a death after every commit and every answer, and is delivered once', async () => {
  const all = await tellAll('delivered')
  const n = all.length
  expect(n).toBeGreaterThan(7)
  expect(await rowsOf(all.map((one) => one.orderId))).toEqual({
    cards: n,
    invoices: n,
    contracts: n,
    mails: n,
    parts: 0,
  })
  const esim = leb.world.sims.esim
  expect(esim.taken()).toBe(n)
  for (const one of all) expect(esim.confirmations((await shop.view(one)).iccid!)).toBe(1)
  const gross = 1690n * BigInt(n)
  const { cash_at_provider, deferred_revenue, tax_payable, ...rest } = await shop.books('leb', 'EUR')
  expect([cash_at_provider, deferred_revenue! + tax_payable!, rest]).toEqual([-gross, gross, {}])
})

it('one that can not be delivered is given back once, whenever its worker dies', async () => {
  const before = await shop.books('leb', 'EUR')
  leb.world.sims.esim.failures.set({ mode: 'refuse', match: 'confirmOrder' })
  const all = await tellAll('refunded')
  leb.world.sims.esim.failures.set(undefined)
  expect(all.length).toBeGreaterThan(10)
  expect(await rowsOf(all.map((one) => one.orderId))).toEqual({
    cards: 0,
    invoices: 0,
    contracts: 0,
    mails: all.length,
    parts: all.length,
  })
  const refs = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('payment')
      .select('provider_ref')
      .where(
        'order_id',
        'in',
        all.map((one) => one.orderId),
      )
      .execute(),
  )
  for (const { provider_ref } of refs)
    expect(leb.world.sims.payment.refunds(provider_ref).map((refund) => refund.amount)).toEqual([1690])
  expect(await shop.books('leb', 'EUR')).toEqual(before)
  const reserved = await inIssuer(leb.db, 'leb', (tx) =>
    tx
      .selectFrom('order_step')
      .select('answer')
      .where('step', '=', 'reserve_profile')
      .where('state', '=', 'done')
      .where(
        'order_id',
        'in',
        all.map((one) => one.orderId),
      )
      .execute(),
  )
  expect(reserved).toHaveLength(all.length)
  for (const { answer } of reserved)
    expect(leb.world.sims.esim.cancellations((answer as { iccid: string }).iccid)).toBe(1)
})
