import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { openOutside, type Outside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { lapseDue } from '../expiry/lapse-due.ts'
import { inIssuer } from '../platform/db.ts'
import { takeUsage } from './take-usage.ts'

let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

const use = (card: Seeded, used: string) =>
  takeUsage(leb, 'leb', [
    {
      recordId: leb.ids.next(),
      iccid: card.iccid,
      kind: 'data',
      quantity: 1,
      country: 'JP',
      usedAt: Date.parse(used),
    },
  ])
const endOf = (card: Seeded) =>
  inIssuer(leb.db, 'leb', async (tx) => {
    const row = await tx
      .selectFrom('card')
      .select('expires_at')
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow()
    return row.expires_at.toISOString()
  })
async function revive(card: Seeded): Promise<void> {
  const issuer = leb.issuers.find((one) => one.issuerId === 'leb')!
  await lapseDue(leb, issuer, leb.clock.now())
  const wanted = { kind: 'add_on' as const, cardId: card.cardId, code: 'DAYS3' }
  const buyer = { kind: 'signed_in' as const, holderIds: [card.holderId] }
  expect((await shop.view(await shop.buy({ wanted, buyer }))).state).toBe('delivered')
}

it('leaves the days that brought an unused card back, however late its first use is told of', async () => {
  const card = await seedCard(leb)
  leb.clock.set(new Date('2027-02-09T10:00:00Z'))
  await revive(card)
  expect(await endOf(card)).toBe('2027-02-12T10:00:00.000Z')
  await use(card, '2027-01-29T10:00:00Z')
  expect(await endOf(card)).toBe('2027-02-12T10:00:00.000Z')
})

it('leaves them to a card that was used, too', async () => {
  const card = await seedCard(leb)
  await inIssuer(leb.db, 'leb', (tx) =>
    sql`update card set expires_at = '2027-04-30' where card_id = ${card.cardId}`.execute(tx),
  )
  await use(card, '2027-02-08T10:00:00Z')
  leb.clock.set(new Date('2027-02-19T10:00:00Z'))
  await revive(card)
  expect(await endOf(card)).toBe('2027-02-22T10:00:00.000Z')
  await use(card, '2027-02-06T10:00:00Z')
  expect(await endOf(card)).toBe('2027-02-22T10:00:00.000Z')
})
