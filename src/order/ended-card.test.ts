import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

it('sells nothing that would be lost with a card that has ended, and gives back what was paid meanwhile', async () => {
  const card = await seedCard(leb, { balance: 0n })
  const buyer = { kind: 'signed_in' as const, holderIds: [card.holderId] }
  const topUp = { kind: 'top_up' as const, cardId: card.cardId, amount: '20.00' }
  const addOn = (code: string) => ({ kind: 'add_on' as const, cardId: card.cardId, code })
  leb.clock.set(new Date('2027-01-29T23:59:00Z'))
  const late = await Promise.all([
    shop.place({ wanted: topUp, buyer }),
    shop.place({ wanted: addOn('DATA1G'), buyer }),
  ])
  for (const one of late) await shop.pay(one)
  leb.clock.advance({ hours: 1 })
  for (const wanted of [topUp, addOn('DATA1G')])
    await expect(shop.place({ wanted, buyer })).rejects.toMatchObject({ code: 'order/card_ended' })
  for (const one of late) {
    await shop.hear(one)
    await shop.look(one)
    expect(await shop.view(one)).toMatchObject({ state: 'refunded', refundReason: 'card_ended' })
  }
  expect(await shop.books()).toEqual({})
  // Days bring it back, and then it takes money again.
  expect((await shop.view(await shop.buy({ wanted: addOn('DAYS3'), buyer }))).state).toBe('delivered')
  expect((await shop.view(await shop.buy({ wanted: topUp, buyer }))).state).toBe('delivered')
})
