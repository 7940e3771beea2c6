import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { setMoney } from '../../test/payouts.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { previewClosure } from '../closure/preview.ts'
import { lapseSome } from '../expiry/lapse-due.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { inIssuer } from '../platform/db.ts'

const issuerId = 'leb'
let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside()
  shop = await openShop(leb)
  await setMoney(leb, issuerId, { unused_plan: 'by_day' })
})
afterAll(() => leb.stop())

const settlementOf = async (card: Seeded) => {
  const cardIds = [card.cardId]
  const act = 'terminate' as const
  const preview = await previewClosure(leb, { issuerId, accountId: card.accountId, cardIds, act })
  return preview.cards[0]!.settlement
}
const unused = async (card: Seeded) =>
  (await settlementOf(card)).lines.find(({ kind }) => kind === 'unused')?.amount ?? 0n
const buy = (card: Seeded, wanted: { kind: 'top_up'; amount: string } | { kind: 'add_on'; code: string }) =>
  shop.buy({
    wanted: { ...wanted, cardId: card.cardId },
    buyer: { kind: 'signed_in', holderIds: [card.holderId] },
  })

it('costs the holder nothing of an imported card’s unused plan to top it up', async () => {
  const card = await seedCard(leb, { paid: 12_800n, balance: 800n })
  expect(await unused(card)).toBe(12_000n)
  await buy(card, { kind: 'top_up', amount: '200.00' })
  expect(await unused(card)).toBe(12_000n)
  expect((await settlementOf(card)).total).toBe(32_800n)
})

it('counts a top-up that the bank took back once against the holder: by what no balance bore', async () => {
  const card = await seedCard(leb, { paid: 12_800n, balance: 800n })
  const topUp = await buy(card, { kind: 'top_up', amount: '200.00' })
  const days = await shop.place({
    wanted: { kind: 'add_on', cardId: card.cardId, code: 'DAYS3' },
    buyer: { kind: 'signed_in', holderIds: [card.holderId] },
    payBy: 'balance',
  })
  await shop.look(days)
  const ofPlan = async () =>
    (await settlementOf(card)).lines.find((line) => line.kind === 'unused' && line.orderId === null)?.amount
  expect(await ofPlan()).toBe(12_000n)
  const { total } = await settlementOf(card)
  const ref = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('payment')
      .select('provider_ref')
      .where('order_id', '=', topUp.orderId)
      .executeTakeFirstOrThrow(),
  )
  const { id } = leb.world.sims.payment.disputes.open(ref.provider_ref, {})!
  await lookAtPayment(leb, { issuerId, id })
  expect(await ofPlan()).toBe(12_000n)
  // What the bank has is all that is missing: balance and unused share together gave it.
  expect((await settlementOf(card)).total).toBe(total - 20_000n)
})

it('gives nothing of an imported plan back that lapsed with its card, also when days bring the card back', async () => {
  const card = await seedCard(leb, { paid: 12_800n, balance: 0n })
  leb.clock.set(new Date('2027-02-02T00:00:00Z'))
  const issuer = leb.issuers.find((one) => one.issuerId === issuerId)!
  await lapseSome(leb, issuer, leb.clock.now())
  expect(await unused(card)).toBe(0n)
  await buy(card, { kind: 'add_on', code: 'DAYS3' })
  const { expires_at, ended_before } = await inIssuer(leb.db, issuerId, (tx) =>
    tx
      .selectFrom('card as c')
      .innerJoin('card_end as n', 'n.card_id', 'c.card_id')
      .select(['c.expires_at', 'n.ended_before'])
      .where('c.card_id', '=', card.cardId)
      .executeTakeFirstOrThrow(),
  )
  expect(ended_before && expires_at > leb.clock.now()).toBe(true)
  const { lines } = await settlementOf(card)
  expect(lines.filter((line) => line.kind === 'unused' && line.orderId === null)).toEqual([])
})
