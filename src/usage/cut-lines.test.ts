import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { lookAtLines } from './cut-lines.ts'
import { bringBack, lines_look } from './dry-cut.ts'
import { takeUsage } from './take-usage.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

const inLeb = <T>(work: (tx: Tx) => Promise<T>) => inIssuer(leb.db, 'leb', work)
const look = () => lookAtLines(leb, leb.leases, { issuerId: 'leb', id: lines_look })
const ordering = 'POST /tmf-api/serviceOrdering/v4/serviceOrder'
/** A card that has just used more than it has. */
async function dryCard(): Promise<Seeded> {
  const card = await seedCard(leb, { balance: 0n })
  await use(card, leb.clock.now(), 600)
  return card
}
const use = (card: Seeded, at: Date, quantity = 1) =>
  takeUsage(leb, 'leb', [
    {
      recordId: leb.ids.next(),
      iccid: card.iccid,
      kind: 'data',
      quantity,
      country: 'JP',
      usedAt: at.getTime(),
    },
  ])
const setState = (card: Seeded, state: string) =>
  inLeb((tx) => sql`update card set state = ${state} where card_id = ${card.cardId}`.execute(tx))
const rowOf = (card: Seeded) =>
  inLeb((tx) =>
    tx
      .selectFrom('dry_cut')
      .select(['wish', 'asked', 'told', 'refused'])
      .where('card_id', '=', card.cardId)
      .executeTakeFirst(),
  )
const lineState = (card: Seeded) =>
  inLeb(async (tx) => {
    const found = tx.selectFrom('card').select('line_state').where('card_id', '=', card.cardId)
    return (await found.executeTakeFirstOrThrow()).line_state
  })
/** Looks, a second of LEB's clock apart, until the network has answered everything. */
async function settle(card: Seeded): Promise<void> {
  const isSettled = async () => {
    leb.clock.advance({ seconds: 1 })
    await look()
    const row = await rowOf(card)
    return row?.wish === row?.told
  }
  await expect.poll(isSettled, { timeout: 20_000 }).toBe(true)
}
const cuts = (card: Seeded) => leb.world.sims.line.effects(card.iccid, 'suspended')
const returns = (card: Seeded) => leb.world.sims.line.effects(card.iccid, 'active')

it('cuts the line of a dry card once, and brings it back when it is given something', async () => {
  const card = await dryCard()
  await settle(card)
  expect([cuts(card), await lineState(card)]).toEqual([1, 'suspended'])
  await use(card, leb.clock.now())
  await settle(card)
  expect(cuts(card)).toBe(1)
  await inLeb((tx) => bringBack(leb, tx, card.cardId))
  await settle(card)
  expect([returns(card), await lineState(card)]).toEqual([1, 'active'])
  expect(await rowOf(card)).toEqual({ wish: 2, asked: 2, told: 2, refused: null })
})

it('orders nothing for a card that was topped up before the network heard of the cut', async () => {
  const card = await dryCard()
  await inLeb((tx) => bringBack(leb, tx, card.cardId))
  await settle(card)
  expect([cuts(card), returns(card)]).toEqual([0, 0])
})

it('never lets a resumption overtake the suspension it undoes', async () => {
  leb.world.sims.line.failures.set({ mode: 'stall', times: 1, match: ordering })
  const card = await dryCard()
  await look()
  await inLeb((tx) => bringBack(leb, tx, card.cardId))
  leb.clock.advance({ seconds: 2 })
  await look()
  expect(leb.world.sims.line.orders(`usage:${card.cardId}:2`)).toHaveLength(0)
  leb.world.sims.line.failures.set(undefined)
  await fetch(`${leb.world.line.url}/sim/settle`, { method: 'POST' })
  await settle(card)
  expect([cuts(card), returns(card)]).toEqual([1, 1])
})

it('asks again with the same key where the answer was lost', async () => {
  leb.world.sims.line.failures.set({ mode: 'rubbish', times: 1, match: ordering })
  const card = await dryCard()
  await settle(card)
  leb.world.sims.line.failures.set(undefined)
  expect(
    leb.world.sims.line.orders(`usage:${card.cardId}:1`).filter((o) => o.state === 'completed'),
  ).toHaveLength(1)
  expect(cuts(card)).toBe(1)
})

it('leaves a card alone that is being closed, and goes on when that is undone', async () => {
  const card = await dryCard()
  await setState(card, 'closing')
  await look()
  leb.clock.advance({ seconds: 5 })
  await look()
  expect(cuts(card)).toBe(0)
  await setState(card, 'open')
  leb.clock.advance({ seconds: 61 })
  await settle(card)
  expect(cuts(card)).toBe(1)
})

it('takes a resumption back that was under way when the closure froze the card', async () => {
  const card = await dryCard()
  await settle(card)
  leb.world.sims.line.failures.set({ mode: 'stall', times: 1, match: ordering })
  await inLeb((tx) => bringBack(leb, tx, card.cardId))
  await look()
  leb.world.sims.line.failures.set(undefined)
  await setState(card, 'frozen')
  await fetch(`${leb.world.line.url}/sim/settle`, { method: 'POST' })
  await settle(card)
  expect([cuts(card), returns(card)]).toEqual([2, 1])
})

it('cuts again a line that was used well after it was cut', async () => {
  const card = await dryCard()
  await settle(card)
  await use(card, new Date(leb.clock.now().getTime() + 60_000))
  await settle(card)
  expect(await rowOf(card)).toMatchObject({ wish: 1 })
  leb.clock.advance({ hours: 1 })
  await use(card, leb.clock.now())
  await settle(card)
  expect(await rowOf(card)).toMatchObject({ wish: 3, told: 3 })
})

it('stops asking when the network refuses, and begins anew with the next top-up', async () => {
  leb.world.sims.line.failures.set({ mode: 'refuse', times: 1, match: ordering })
  const card = await dryCard()
  await look()
  leb.world.sims.line.failures.set(undefined)
  expect(await rowOf(card)).toMatchObject({ wish: 1, told: 0, refused: 'order_not_accepted' })
  await inLeb((tx) => bringBack(leb, tx, card.cardId))
  await settle(card)
  expect(await rowOf(card)).toMatchObject({ wish: 2, told: 2, refused: null })
})
