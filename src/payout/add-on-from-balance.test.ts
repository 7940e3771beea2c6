import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { books, closeCard, partsOf, setMoney } from '../../test/payouts.ts'
import { seedCard } from '../../test/seed.ts'
import { previewClosure } from '../closure/preview.ts'
import { undoClosure } from '../closure/undo.ts'
import { checkBooks } from '../ledger/check.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { putCatalogue } from '../plan/put-catalogue.ts'
import { sampleCatalogue } from '../plan/sample-catalogue.ts'
import { inIssuer } from '../platform/db.ts'
import { takeUsage } from '../usage/take-usage.ts'
import { keptSettlement } from './write-settlement.ts'

const issuerId = 'roamly'
const currency = 'EUR'
let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside({ start: '2026-11-28T10:00:00Z', lazyCurrency: 'eur' })
  shop = await openShop(leb)
})
afterAll(() => leb.stop())

type Card = { issuerId: string; cardId: string; accountId: string; holderId: string }
const asRoamly = <T>(work: Parameters<typeof inIssuer<T>>[2]) => inIssuer(leb.db, issuerId, work)
const buyerOf = ({ holderId }: Card) => ({ kind: 'signed_in' as const, holderIds: [holderId] })
const topUp = (card: Card, amount: string) =>
  shop.buy({
    issuerId,
    live: 'DE',
    buyer: buyerOf(card),
    client: leb.ids.readable(),
    wanted: { kind: 'top_up', cardId: card.cardId, amount },
  })
async function addOn(card: Card, code: string): Promise<void> {
  const wanted = { kind: 'add_on' as const, cardId: card.cardId, code }
  const placed = await shop.place({ issuerId, live: 'DE', buyer: buyerOf(card), wanted, payBy: 'balance' })
  await shop.look(placed, issuerId)
  expect((await shop.view(placed, issuerId)).state).toBe('delivered')
}
const use = (card: Card, quantity: number) =>
  takeUsage(leb, issuerId, [
    {
      recordId: leb.ids.next(),
      cardId: card.cardId,
      kind: 'data',
      quantity,
      zone: 'JP',
      usedAt: leb.clock.now().getTime(),
    },
  ])
const preview = async ({ accountId, cardId }: Card, act: 'terminate' | 'withdraw' = 'terminate') => {
  const { cards } = await previewClosure(leb, { issuerId, accountId, cardIds: [cardId], act })
  return cards[0]!.settlement
}
const settled = (closureId: string) =>
  asRoamly((tx) =>
    tx
      .selectFrom('closure_card')
      .select(['settlement', 'settled_minor'])
      .where('closure_id', '=', closureId)
      .executeTakeFirstOrThrow(),
  )
const paymentsOf = ({ cardId }: Card) =>
  asRoamly((tx) =>
    tx
      .selectFrom('payment as p')
      .leftJoin('payout_part as x', (j) =>
        j
          .onRef('x.issuer_id', '=', 'p.issuer_id')
          .onRef('x.payment_id', '=', 'p.payment_id')
          .on('x.state', '<>', 'refused'),
      )
      .select(['p.payment_id', 'p.amount_minor as paid', 'p.provider_ref as ref'])
      .select((e) => e.fn.coalesce(e.fn.sum<string>('x.amount_minor'), e.lit(0)).as('given'))
      .where('p.card_id', '=', cardId)
      .groupBy(['p.payment_id', 'p.amount_minor', 'p.provider_ref'])
      .execute(),
  )
/** Of the invoices about these orders and what corrects them: kind and tax. */
const papersOf = ({ cardId }: Card) =>
  asRoamly((tx) =>
    tx.selectFrom('invoice').select(['kind', 'content']).where('card_id', '=', cardId).execute(),
  )

/** A card that was bought here, with €20.00 topped up. */
async function boughtCard(): Promise<Card> {
  const wanted = { kind: 'card' as const, code: 'LEB3', zone: 'JP', currency }
  const placed = await shop.buy({ issuerId, live: 'DE', locale: 'en', wanted })
  const { cardId, holderId } = await shop.view(placed, issuerId)
  const { account_id: accountId } = await asRoamly((tx) =>
    tx.selectFrom('card').select('account_id').where('card_id', '=', cardId).executeTakeFirstOrThrow(),
  )
  leb.clock.advance({ hours: 1 })
  const card = { issuerId, cardId: cardId!, accountId, holderId }
  await topUp(card, '20.00')
  return card
}

it('gives back the unused share with its tax, to the payments that the balance came from, as was told before', async () => {
  await setMoney(leb, issuerId, { unused_plan: 'by_use', payout_order: 'newest_first' })
  const card = await boughtCard()
  const before = await books(leb, issuerId, currency)
  await addOn(card, 'DATA1G')
  // All of the plan, and half of what was added to it.
  await use(card, 3_072 + 512)
  const said = await preview(card)
  // Of data, calls and messages of the plan two kinds are left whole, too.
  const unused = said.lines.find((line) => line.kind === 'unused' && line.code === 'DATA1G')
  expect(unused).toMatchObject({ amount: 245n, tax: 39n })
  const closureId = await closeCard(leb, card)
  expect((await settled(closureId)).settlement).toEqual(keptSettlement(said))
  const after = await books(leb, issuerId, currency)
  // What was sold stands nowhere as owed any more; half of the add-on is earned, and half of its tax is due.
  expect(after['deferred_revenue']).toBeUndefined()
  expect(after['holder_balance']).toBeUndefined()
  expect(before['holder_balance']).toBe(2_000n)
  for (const { paid, given } of await paymentsOf(card)) expect(BigInt(given)).toBeLessThanOrEqual(paid)
  expect((await paymentsOf(card)).reduce((sum, { given }) => sum + BigInt(given), 0n)).toBe(said.total)
  const papers = await papersOf(card)
  const credit = papers.filter(({ kind }) => kind === 'credit_note').map(({ content }) => content)
  expect(credit).toContainEqual(
    expect.objectContaining({ totals: { gross: '245', tax: '39', net: '206' }, paidBy: 'none' }),
  )
  const statement = papers.find(({ kind }) => kind === 'closing_statement')
  expect(JSON.stringify(statement!.content)).toContain('Add-on paid from the balance')
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('goes back but for what was used of it when its holder withdraws, as was told before', async () => {
  await setMoney(leb, issuerId, { unused_plan: 'nothing', payout_order: 'newest_first' })
  const card = await boughtCard()
  await addOn(card, 'DATA1G')
  await use(card, 3_072 + 256)
  const said = await preview(card, 'withdraw')
  expect(said.lines).toContainEqual(expect.objectContaining({ code: 'DATA1G', amount: 368n, tax: 59n }))
  const closureId = await closeCard(leb, card, { act: 'withdraw' })
  expect((await settled(closureId)).settlement).toEqual(keptSettlement(said))
  const payments = await paymentsOf(card)
  for (const { paid, given } of payments) expect(BigInt(given)).toBeLessThanOrEqual(paid)
  expect(payments.reduce((sum, { given }) => sum + BigInt(given), 0n)).toBe(said.total)
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('is bought still when the closing is undone, and closes to the same cent again', async () => {
  await setMoney(leb, issuerId, { unused_plan: 'by_use', payout_order: 'oldest_first' })
  const card = await boughtCard()
  await addOn(card, 'MIN30')
  const said = await preview(card)
  const first = await closeCard(leb, card, { start: 'after_undo_window' })
  await undoClosure(leb, { issuerId, closureId: first })
  const second = await closeCard(leb, card)
  expect((await settled(second)).settlement).toEqual(keptSettlement(said))
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('stays bought when the payer’s bank takes the top-up back: the balance bears what is left, the house the rest', async () => {
  await setMoney(leb, issuerId, { unused_plan: 'nothing' })
  const card = await boughtCard()
  await addOn(card, 'DATA1G')
  const [newest] = (await paymentsOf(card)).filter(({ paid }) => paid === 2_000n)
  const disputed = leb.world.sims.payment.disputes.open(newest!.ref)!
  const before = await books(leb, issuerId, currency)
  await lookAtPayment(leb, { issuerId, id: disputed.id })
  const after = await books(leb, issuerId, currency)
  const moved = (kind: string) => (after[kind] ?? 0n) - (before[kind] ?? 0n)
  expect([moved('holder_balance'), moved('chargebacks')]).toEqual([-1_510n, -490n])
  expect([moved('deferred_revenue'), moved('tax_payable')]).toEqual([0n, 0n])
  // While its holder could withdraw, its plan's price goes back whoever closes, and nothing of what the bank took.
  const closureId = await closeCard(leb, card)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['original_payment paid 1690'])
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

it('gives nothing twice when the bank takes a top-up back while it is set aside for what is not delivered', async () => {
  await setMoney(leb, issuerId, { unused_plan: 'nothing' })
  const card = await boughtCard()
  const wanted = { kind: 'add_on' as const, cardId: card.cardId, code: 'MIN30' }
  const placed = await shop.place({ issuerId, live: 'DE', buyer: buyerOf(card), wanted, payBy: 'balance' })
  const [newest] = (await paymentsOf(card)).filter(({ paid }) => paid === 2_000n)
  const disputed = leb.world.sims.payment.disputes.open(newest!.ref)!
  const before = await books(leb, issuerId, currency)
  const moved = async () => {
    const after = await books(leb, issuerId, currency)
    return ['holder_balance', 'chargebacks'].map((kind) => (after[kind] ?? 0n) - (before[kind] ?? 0n))
  }
  await lookAtPayment(leb, { issuerId, id: disputed.id })
  const [taken] = await moved()
  expect(taken).toBeGreaterThan(-2_000n)
  await putCatalogue(leb, issuerId, { items: [], withdraw: ['MIN30'] })
  await shop.look(placed, issuerId)
  await putCatalogue(leb, issuerId, sampleCatalogue())
  expect((await shop.view(placed, issuerId)).refundReason).toBe('item_withdrawn')
  expect(await moved()).toEqual([-2_000n, 0n])
  // Decided for us, the card has all of it again.
  leb.world.sims.payment.disputes.close(disputed.id, 'won')
  await lookAtPayment(leb, { issuerId, id: disputed.id })
  expect(await moved()).toEqual([0n, 0n])
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
  await closeCard(leb, card)
})

it('pays out nothing that the bank took while it was set aside, when its card closes before the order is looked at', async () => {
  await setMoney(leb, issuerId, { unused_plan: 'nothing' })
  const card = await boughtCard()
  const wanted = { kind: 'add_on' as const, cardId: card.cardId, code: 'MIN30' }
  const placed = await shop.place({ issuerId, live: 'DE', buyer: buyerOf(card), wanted, payBy: 'balance' })
  const [newest] = (await paymentsOf(card)).filter(({ paid }) => paid === 2_000n)
  const disputed = leb.world.sims.payment.disputes.open(newest!.ref)!
  await lookAtPayment(leb, { issuerId, id: disputed.id })
  expect((await preview(card)).total).toBe(0n)
  // While its holder could withdraw, its plan's price goes back whoever closes, and nothing of what the bank took.
  const closureId = await closeCard(leb, card)
  expect(await partsOf(leb, issuerId, closureId)).toEqual(['original_payment paid 1690'])
  await shop.look(placed, issuerId)
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})

const past = fc.record({
  paid: fc.bigInt(1n, 3_000n),
  balance: fc.bigInt(0n, 3_000n),
  topUps: fc.array(fc.constantFrom('5.00', '9.90', '20.00'), { maxLength: 2 }),
  addOns: fc.array(fc.constantFrom('DATA1G', 'MIN30', 'SMS50'), { minLength: 1, maxLength: 3 }),
  used: fc.integer({ min: 1, max: 3_500 }),
  unused: fc.constantFrom('nothing' as const, 'by_day' as const, 'by_use' as const),
  order: fc.constantFrom('oldest_first' as const, 'newest_first' as const),
})

it('never gives back more than was paid, of an imported card either, whatever was bought from which money', async () => {
  let bought = 0
  await fc.assert(
    fc.asyncProperty(past, async (told) => {
      await setMoney(leb, issuerId, { unused_plan: told.unused, payout_order: told.order })
      // A balance that came with the card was part of what was paid for it.
      const balance = told.balance < told.paid ? told.balance : told.paid
      const card = await seedCard(leb, { issuerId, currency, residence: 'DE', paid: told.paid, balance })
      for (const amount of told.topUps) await topUp(card, amount)
      for (const code of told.addOns) {
        const wanted = { kind: 'add_on' as const, cardId: card.cardId, code }
        const paid = { payBy: 'balance' as const, client: leb.ids.readable() }
        const order = { issuerId, live: 'DE', buyer: buyerOf(card), wanted, ...paid }
        const placed = await shop.place(order).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'order/balance_short' })
          return undefined
        })
        if (!placed) continue
        await shop.look(placed, issuerId)
        bought++
      }
      await use(card, told.used)
      const said = await preview(card)
      const closureId = await closeCard(leb, card)
      expect((await settled(closureId)).settlement).toEqual(keptSettlement(said))
      const payments = await paymentsOf(card)
      for (const { paid, given } of payments) expect(BigInt(given)).toBeLessThanOrEqual(paid)
      expect(said.total).toBeLessThanOrEqual(payments.reduce((sum, { paid }) => sum + paid, 0n))
      expect(said.parts.filter(({ route }) => route === 'bank_transfer')).toEqual([])
    }),
    { seed: 20261128, numRuns: 15 },
  )
  expect(bought).toBeGreaterThan(8)
  expect((await books(leb, issuerId, currency))['deferred_revenue']).toBeUndefined()
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
}, 120_000)
