import { afterAll, beforeAll, expect, it } from 'vitest'
import { openShop, type Shop } from '../../test/orders.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { closeCard, setMoney } from '../../test/payouts.ts'
import type { Seeded } from '../../test/seed.ts'
import { houseAccount, lockCardBalance } from '../ledger/accounts.ts'
import { checkBooks } from '../ledger/check.ts'
import { post } from '../ledger/post.ts'
import { lookAtPayment } from '../payment/look-at-payment.ts'
import { listUnmatched } from '../payment/receipts.ts'
import { inIssuer } from '../platform/db.ts'
import { previewClosure } from './preview.ts'
import { readClosure } from './read-closure.ts'
import { undoClosure } from './undo.ts'

/** A LEB3 costs €16.90 and comes without a balance; the issuer gives the unused share back by day. */
const issuerId = 'roamly'
let leb: Outside
let shop: Shop
beforeAll(async () => {
  leb = await openOutside({ lazyCurrency: 'eur' })
  shop = await openShop(leb)
  await setMoney(leb, issuerId, { unused_plan: 'by_day' })
})
afterAll(() => leb.stop())

type Bought = Pick<Seeded, 'issuerId' | 'accountId' | 'cardId'> & { ref: string }
async function buy(): Promise<Bought> {
  const wanted = { kind: 'card', code: 'LEB3', zone: 'JP', currency: 'EUR' } as const
  const placed = await shop.buy({ issuerId, wanted, live: 'JP' })
  return inIssuer(leb.db, issuerId, async (tx) => {
    const row = await tx
      .selectFrom('purchase_order as o')
      .innerJoin('card as c', (j) =>
        j.onRef('c.issuer_id', '=', 'o.issuer_id').onRef('c.card_id', '=', 'o.card_id'),
      )
      .innerJoin('payment as p', (j) =>
        j.onRef('p.issuer_id', '=', 'o.issuer_id').onRef('p.order_id', '=', 'o.order_id'),
      )
      .select(['c.card_id', 'c.account_id', 'p.provider_ref'])
      .where('o.issuer_id', '=', issuerId)
      .where('o.order_id', '=', placed.orderId)
      .executeTakeFirstOrThrow()
    return { issuerId, accountId: row.account_id, cardId: row.card_id, ref: row.provider_ref }
  })
}
const chargeBack = async ({ ref }: Bought, amount?: number) => {
  const { id } = leb.world.sims.payment.disputes.open(ref, amount === undefined ? {} : { amount })!
  await lookAtPayment(leb, { issuerId, id })
  return id
}
const win = async (id: string) => {
  leb.world.sims.payment.disputes.close(id, 'won')
  await lookAtPayment(leb, { issuerId, id })
}
const close = (card: Bought) => closeCard(leb, card)
const cardOf = async (closureId: string) => (await readClosure(leb, { issuerId, closureId }))!.cards[0]!
const owedToHolders = async () =>
  (await inIssuer(leb.db, issuerId, (tx) => listUnmatched(tx, issuerId))).map(({ amount }) => amount)
const sumIn = async (kind: string) => (await shop.books(issuerId, 'EUR'))[kind] ?? 0n

it('pays nothing of a plan that the bank has taken back whole, and says so before', async () => {
  const card = await buy()
  await chargeBack(card)
  expect(await sumIn('chargebacks')).toBe(-1690n)
  const asked = { issuerId, accountId: card.accountId, cardIds: [card.cardId], act: 'terminate' as const }
  const before = (await previewClosure(leb, asked)).cards[0]!.settlement
  expect(before.total).toBe(0n)
  expect(before.lines.map(({ kind, amount }) => [kind, amount])).toEqual([
    ['balance', 0n],
    ['unused', 1690n],
    ['charged_back', -1690n],
  ])
  const closed = await cardOf(await close(card))
  expect(closed.parts.map(({ route }) => route)).toEqual(['nothing'])
  // What the plan still was worth covers the loss.
  expect(await sumIn('chargebacks')).toBe(0n)
  expect((await checkBooks(leb)).ok).toBe(true)
})

it('owes what a settlement bore of two disputes, each by its own share, once it is won', async () => {
  const card = await buy()
  const first = await chargeBack(card, 1000)
  leb.clock.advance({ seconds: 1 })
  const second = await chargeBack(card, 400)
  const closed = await cardOf(await close(card))
  expect(closed.parts).toMatchObject([{ route: 'original_payment', amount: { amount: '290' } }])
  await win(second)
  expect(await owedToHolders()).toEqual([400n])
  await win(first)
  expect(await owedToHolders()).toHaveLength(2)
  expect(await owedToHolders()).toEqual(expect.arrayContaining([400n, 1000n]))
  expect(await sumIn('chargebacks')).toBe(0n)
  expect((await checkBooks(leb)).ok).toBe(true)
})

/** Money put on the card after the bank took its price back: none of its payments can carry it. */
const putOn = (card: Bought, amount: bigint) =>
  inIssuer(leb.db, issuerId, async (tx) => {
    const { accountId } = await lockCardBalance(tx, card)
    const bank = await houseAccount(leb, tx, { issuerId, kind: 'cash_at_bank', currency: 'EUR' })
    const entries = [
      { accountId, amount },
      { accountId: bank, amount: -amount },
    ]
    await post(leb, tx, { issuerId, key: `put-on:${card.cardId}`, reason: 'top_up', entries })
  })

it('is borne by the house again after an undo, and past undoing once the bank has decided for us', async () => {
  const [card, late] = [await buy(), await buy()]
  const before = await shop.books(issuerId, 'EUR')
  const disputes = [await chargeBack(card), await chargeBack(late)]
  for (const one of [card, late]) await putOn(one, 300n)
  const disputed = await shop.books(issuerId, 'EUR')
  const [undone, kept] = [await close(card), await close(late)]
  for (const closureId of [undone, kept])
    expect((await cardOf(closureId)).parts).toMatchObject([
      { route: 'bank_transfer', state: 'waiting', amount: { amount: '300' } },
    ])
  await win(disputes[1]!)
  expect(await owedToHolders()).toContain(1690n)
  await expect(undoClosure(leb, { issuerId, closureId: kept })).rejects.toMatchObject({
    code: 'closure/past_return',
  })
  await undoClosure(leb, { issuerId, closureId: undone })
  await win(disputes[0]!)
  const after = await shop.books(issuerId, 'EUR')
  expect(after['chargebacks'] ?? 0n).toBe(before['chargebacks'] ?? 0n)
  expect(after['deferred_revenue']).toBeLessThan(disputed['deferred_revenue']!)
  // The one that was undone has its plan back and is owed nothing.
  expect((await owedToHolders()).filter((amount) => amount === 1690n)).toHaveLength(1)
  expect((await checkBooks(leb)).ok).toBe(true)
})

/** So many sessions of this database wait for a row. */
async function waiting(count: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { rows } = await leb.pool.query<{ waiting: number }>(
      `select count(distinct l.pid)::int as waiting from pg_locks l join pg_stat_activity a using (pid)
        where not l.granted and a.datname = current_database()`,
    )
    if (rows[0]!.waiting === count) return
    await new Promise((done) => setTimeout(done, 25))
  }
  throw new Error(`not ${count} sessions came to wait`)
}

it('is undone or owed, never both, when the bank decides for us while it is being undone', async () => {
  const card = await buy()
  const id = await chargeBack(card)
  await putOn(card, 300n)
  const closureId = await close(card)
  const owedBefore = (await owedToHolders()).length
  const races: Promise<unknown>[] = []
  // Both need the card's balance, and whoever asked first has it first.
  await inIssuer(leb.db, issuerId, async (tx) => {
    await lockCardBalance(tx, card)
    races.push(win(id))
    await waiting(1)
    races.push(
      undoClosure(leb, { issuerId, closureId }).then(
        () => 'undone',
        (error: { code: string }) => error.code,
      ),
    )
    await waiting(2)
  })
  const [, undo] = await Promise.all(races)
  expect(undo).toBe('closure/past_return')
  expect(await owedToHolders()).toHaveLength(owedBefore + 1)
  expect((await checkBooks(leb)).ok).toBe(true)
})
