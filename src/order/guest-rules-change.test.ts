import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { unzip } from '../../test/unzip.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import type { policyFor } from '../policy/policy.ts'
import { inIssuer } from '../platform/db.ts'
import { exportAccount } from '../privacy/export-person.ts'
import { readPerson } from '../privacy/vault.ts'
import { lapseOrders } from './lapse-orders.ts'

// From December on the rules keep what came to nothing for 10 days instead of 30.
vi.mock('../policy/policy.ts', async (load) => {
  const original = await load<{ policyFor: typeof policyFor }>()
  return {
    ...original,
    policyFor(jurisdiction: string, at: Date) {
      const policy = original.policyFor(jurisdiction, at)
      const undelivered_days = at < new Date('2026-12-01T00:00:00Z') ? 30 : 10
      return { ...policy, guest_details: { ...policy.guest_details, undelivered_days } }
    },
  }
})

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

it('says of an order from before the rules changed how long it is kept by them, and keeps it so long', async () => {
  const card = await seedCard(leb)
  const buyer = { kind: 'signed_in' as const, holderIds: [card.holderId] }
  const topUp = { kind: 'top_up' as const, cardId: card.cardId, amount: '20.00' }
  await shop.place({ buyer, wanted: topUp })
  const placed = await shop.place()
  await shop.pay(placed)
  await putCatalogue(leb, 'leb', { items: [], withdraw: ['LEB3'] })
  await shop.hear(placed)
  await shop.look(placed)
  const { holderId, state } = await shop.view(placed)
  expect(state).toBe('refunded')
  leb.clock.advance({ days: 12 })
  const taken = unzip(await exportAccount(leb, { issuerId: 'leb', accountId: card.accountId }))
  expect(JSON.parse(taken.get('data.json')!)).toMatchObject({
    orders: [{ personal_data: { days_after_its_end: 10 } }],
  })
  await lapseOrders(leb)
  expect(await inIssuer(leb.db, 'leb', (tx) => readPerson(leb, tx, 'leb', holderId))).toBeNull()
})
