import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { lockCardBalance } from '../ledger/accounts.ts'
import { beginInIssuer } from '../platform/db.ts'

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

it('waits for a batch of usage of its card without standing in its way', async () => {
  const card = await seedCard(leb)
  const wanted = { kind: 'top_up' as const, cardId: card.cardId, amount: '20.00' }
  const placed = await shop.place({ wanted, buyer: { kind: 'signed_in', holderIds: [card.holderId] } })
  await shop.pay(placed)
  await shop.hear(placed)
  // As usage does it: the balance first, then the card.
  const batch = await beginInIssuer(leb.db, 'leb')
  await lockCardBalance(batch.tx, card)
  const delivering = shop.look(placed)
  await sleep(400)
  await sql`set local lock_timeout = '200ms'`.execute(batch.tx)
  await sql`update card set data_left_mb = data_left_mb - 1 where card_id = ${card.cardId}`.execute(batch.tx)
  await batch.commit()
  await delivering
  expect((await shop.view(placed)).state).toBe('delivered')
})
