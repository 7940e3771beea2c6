import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'
import type { Seeded } from '../../test/seed.ts'
import type { KeyStore } from '../adapters/keys/port.ts'
import { type Declaration, declareClosure } from '../closure/declare.ts'
import { freezeBalance, houseAccount, lockCardBalance } from '../ledger/accounts.ts'
import { checkBooks } from '../ledger/check.ts'
import { holdMoney, releaseHold } from '../ledger/holds.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { openExpiryWorld, readHouse, readState, readTold, seedExpiring } from './expiry.fixture.ts'
import { countCards, lapseDue, lapseSome } from './lapse-due.ts'
import { tellDue } from './tell-due.ts'

let world: TestWorld
beforeAll(async () => void (world = await openExpiryWorld({ kind: 'lapse' })))
afterAll(() => world.stop())

const issuerId = 'leb'
const issuer = () => world.issuers.find((one) => one.issuerId === issuerId)!
const due = (count: number) =>
  seedExpiring(
    world,
    Array.from({ length: count }, () => ({ endsInHours: -1, told: 3, balance: 100n })),
  )
const declaration = (card: Seeded): Declaration => ({
  issuerId,
  accountId: card.accountId,
  cardIds: [card.cardId],
  act: 'terminate',
  start: 'at_once',
  locale: 'en',
  zone: 'UTC',
  receivedBy: 'portal',
  identity: 'signed_in',
})
const lapseAll = async (most = 5000) => {
  let ended = 0
  for (let some = -1; some !== 0; ended += some)
    some = countCards(await lapseSome(world, issuer(), world.clock.now(), most))
  return ended
}
const topUp = (card: Seeded, amount: bigint, key: string) =>
  inIssuer(world.db, issuerId, async (tx) => {
    const { accountId } = await lockCardBalance(tx, card)
    const inHand = await houseAccount(world, tx, { issuerId, kind: 'orders_in_hand', currency: 'CNY' })
    const entries = [
      { accountId: inHand, amount: -amount },
      { accountId, amount },
    ]
    await post(world, tx, { issuerId, key, reason: 'top_up', entries })
  })
const booksHold = async () => expect(await checkBooks(world)).toMatchObject({ ok: true })

describe('several at once', () => {
  it('end each card once, and warn of each end once', async () => {
    const before = await readHouse(world, 'lapsed_balance')
    const cards = await due(120)
    const soon = await seedExpiring(
      world,
      Array.from({ length: 60 }, () => ({ endsInHours: 1 })),
    )
    const [rest, ...ended] = await Promise.all([
      lapseDue(world, issuer(), world.clock.now()),
      lapseAll(7),
      lapseAll(11),
      lapseAll(13),
    ])
    await Promise.all([tellDue(world, issuerId), tellDue(world, issuerId), tellDue(world, issuerId)])
    expect(ended.reduce((sum, one) => sum + one, countCards(rest))).toBe(120)
    expect((await readHouse(world, 'lapsed_balance')) - before).toBe(12_000n)
    for (const card of cards) expect(await readTold(world, card)).toEqual(['0 card lapsed 100 CNY'])
    for (const card of soon) expect(await readTold(world, card)).toEqual(['2 card'])
    await booksHold()
  })

  it('lose and double nothing when one of them is killed', async () => {
    const before = await readHouse(world, 'lapsed_balance')
    const cards = await due(200)
    const script = join(import.meta.dirname, 'lapse-child.fixture.ts')
    const args = [script, world.databaseUrl, world.clock.now().toISOString()]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
    // Three calls of seven cards were done, and perhaps the one that it died in.
    expect([179, 172]).toContain(await lapseAll())
    expect((await readHouse(world, 'lapsed_balance')) - before).toBe(20_000n)
    for (const card of cards) expect(await readTold(world, card)).toEqual(['0 card lapsed 100 CNY'])
    await booksHold()
  })
})

describe('what is left alone', () => {
  it('is a card that is being closed, frozen, or declared without proof', async () => {
    const [closing, frozen, unproved] = await due(3)
    await declareClosure(world, declaration(closing!))
    await inIssuer(world.db, issuerId, (tx) => freezeBalance(world, tx, frozen!))
    await declareClosure(world, { ...declaration(unproved!), identity: 'not_signed_in' })
    expect(await lapseAll()).toBe(0)
    for (const card of [closing, frozen, unproved])
      expect(await readState(world, card!)).toMatchObject({ balance: 100n, outcome: null })
  })

  it('is a card with money on hold, until the hold is let go', async () => {
    const [card] = await due(1)
    const hold = await inIssuer(world.db, issuerId, (tx) =>
      holdMoney(world, tx, {
        issuerId,
        key: 'hold-1',
        cardId: card!.cardId,
        amount: 30n,
        reason: 'usage',
        expiresAt: new Date(world.clock.now().getTime() + 60_000),
      }),
    )
    expect(await lapseAll()).toBe(0)
    await inIssuer(world.db, issuerId, (tx) => releaseHold(world, tx, { issuerId, holdId: hold.holdId }))
    expect(await lapseAll()).toBe(1)
  })
})

describe('at the same moment', () => {
  it('a slip being typeset is typeset anew when its card ends, and promises what is still there', async () => {
    const [card] = await due(1)
    let seals = 0
    const sealing: KeyStore['sealing'] = async (id) => {
      if (seals++ === 0) await lapseAll()
      return world.keys.sealing(id)
    }
    const ctx: Context = { ...world, keys: { ...world.keys, sealing } }
    await declareClosure(ctx, declaration(card!))
    expect(seals).toBe(2)
    expect(await readState(world, card!)).toMatchObject({ state: 'closing', outcome: 'lapsed', balance: 0n })
  })

  it('a declaration wins whole or comes after the end', async () => {
    const cards = await due(12)
    await Promise.all([...cards.map((card) => declareClosure(world, declaration(card))), lapseAll(3)])
    for (const card of cards) {
      const state = await readState(world, card)
      expect(state.state).toBe('closing')
      expect(state.balance).toBe(state.outcome === 'lapsed' ? 0n : 100n)
    }
    await booksHold()
  })

  it('a top-up is either in what lapsed or still on the card', async () => {
    const before = await readHouse(world, 'lapsed_balance')
    const cards = await due(20)
    await Promise.all([...cards.map((card, n) => topUp(card, 50n, `late-${n}`)), lapseAll(3), lapseAll(4)])
    await lapseAll()
    const left = await Promise.all(cards.map((card) => readState(world, card)))
    const kept = left.reduce((sum, one) => sum + one.balance, 0n)
    expect((await readHouse(world, 'lapsed_balance')) - before + kept).toBe(20n * 150n)
    for (const one of left) expect([0n, 50n]).toContain(one.balance)
    await booksHold()
  })

  it('added days save the card or bring it back, never half', async () => {
    const cards = await due(20)
    const extend = (card: Seeded) =>
      inIssuer(world.db, issuerId, (tx) =>
        sql`update card set expires_at = expires_at + interval '30 days' where card_id = ${card.cardId}`.execute(
          tx,
        ),
      )
    await Promise.all([...cards.map(extend), lapseAll(3), lapseAll(4)])
    for (const card of cards) {
      const state = await readState(world, card)
      const lapsed = (await readTold(world, card)).includes('0 card lapsed 100 CNY')
      expect(state).toMatchObject({ lapsed_at: null, outcome: null, balance: lapsed ? 0n : 100n })
    }
    await booksHold()
  })

  it('days added and taken back end the card a second time, under a key of its own', async () => {
    const [card] = await due(1)
    const move = (days: number) =>
      inIssuer(world.db, issuerId, (tx) =>
        sql`update card set expires_at = expires_at + ${days} * interval '1 day' where card_id = ${card!.cardId}`.execute(
          tx,
        ),
      )
    expect(await lapseAll()).toBe(1)
    await move(30)
    await topUp(card!, 70n, 'again')
    await move(-30)
    await inIssuer(world.db, issuerId, (tx) =>
      tx.updateTable('card_end').set({ told: 3 }).where('card_id', '=', card!.cardId).execute(),
    )
    expect(await lapseAll()).toBe(1)
    expect(await readTold(world, card!)).toEqual(['0 card lapsed 100 CNY', '0 card lapsed 70 CNY'])
    await booksHold()
  })
})
