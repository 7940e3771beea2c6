import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { inIssuer } from '../platform/db.ts'
import { readPerson } from '../privacy/vault.ts'
import { lapseOrders } from './lapse-orders.ts'

let leb: Outside
let shop: Shop
beforeEach(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterEach(() => leb.stop())

const asLeb = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, 'leb', work)

describe('an order that nobody pays', () => {
  it('lapses, its page is closed, its guest is forgotten, and money that comes later goes back', async () => {
    const placed = await shop.place()
    const { holderId } = await shop.view(placed)
    leb.clock.advance({ hours: 25 })
    expect(await lapseOrders(leb)).toBe(1)
    expect(await shop.view(placed)).toMatchObject({ state: 'lapsed' })
    expect(await asLeb((tx) => readPerson(leb, tx, 'leb', holderId))).toBeNull()
    await shop.look(placed)
    expect((await shop.view(placed)).state).toBe('lapsed')
    await expect(shop.pay(placed)).rejects.toMatchObject({ code: 'order/not_payable' })
  })

  it('money that comes when it has lapsed goes back by itself', async () => {
    const placed = await shop.place({ wanted: { kind: 'card', code: 'LEB3', zone: 'EU', currency: 'EUR' } })
    const payUrl = await shop.open(placed)
    leb.world.sims.payment.failures.set({ mode: 'refuse', match: 'expire' })
    leb.clock.advance({ hours: 25 })
    await lapseOrders(leb)
    leb.world.sims.payment.failures.set(undefined)
    expect((await shop.view(placed)).state).toBe('lapsed')
    await fetch(payUrl, { method: 'POST', body: new URLSearchParams({ do: 'pay' }), redirect: 'manual' })
    await shop.hear(placed)
    expect(await shop.books('leb', 'EUR')).toEqual({ cash_at_provider: -1690n, unmatched_receipts: 1690n })
    const [receipt] = await asLeb((tx) => tx.selectFrom('unmatched_receipt').selectAll().execute())
    await lookAtPayment(leb, { issuerId: 'leb', id: `receipt:${receipt!.receipt_id}` })
    expect(await shop.books('leb', 'EUR')).toEqual({})
    expect((await shop.view(placed)).state).toBe('lapsed')
  })

  it('does not lapse when it was paid at the last moment', async () => {
    const placed = await shop.place()
    await shop.pay(placed)
    leb.clock.advance({ hours: 25 })
    expect(await lapseOrders(leb)).toBe(0)
    await shop.hear(placed)
    await shop.look(placed)
    expect((await shop.view(placed)).state).toBe('delivered')
  })
})
