import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { freezeBalance, houseAccount, lockCardBalance } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Tx } from '../platform/db.ts'
import { bringBack } from './dry-cut.ts'
import { openUsageStage, usedAt, type UsageStage } from './usage-stage.fixture.ts'

let stage: UsageStage
let leb: TestWorld
beforeAll(async () => {
  stage = await openUsageStage()
  leb = stage.leb
})
afterAll(() => leb.stop())
const record: UsageStage['record'] = (...args) => stage.record(...args)
const take: UsageStage['take'] = (...args) => stage.take(...args)
const inLeb = <T>(work: (tx: Tx) => Promise<T>) => stage.inLeb(work)
const emptyCard: UsageStage['emptyCard'] = (...args) => stage.emptyCard(...args)
const stateOf: UsageStage['stateOf'] = (...args) => stage.stateOf(...args)
const house: UsageStage['house'] = (...args) => stage.house(...args)
const priceOfMb: UsageStage['priceOfMb'] = (...args) => stage.priceOfMb(...args)

describe('a card that is being closed', () => {
  it('pays what was used before the freeze until it is settled; afterwards the house bears it', async () => {
    const card = await emptyCard()
    const price = await priceOfMb(card)
    await inLeb((tx) => freezeBalance(leb, tx, card))
    const [borne, revenue] = [await house('late_usage'), await house('revenue')]
    expect((await take(record(card)))[0]).toMatchObject({ outcome: 'charged' })
    const used = leb.clock.now().getTime()
    expect((await take(record(card, { usedAt: used })))[0]).toMatchObject({
      outcome: 'frozen',
      lateUsage: { amount: price },
    })
    expect((await stateOf(card)).balance).toBe(8640n - 2n * price)
    await inLeb(async (tx) => {
      const { accountId, amount } = await lockCardBalance(tx, card)
      const owed = await houseAccount(leb, tx, { issuerId: 'leb', kind: 'refunds_payable', currency: 'CNY' })
      const entries = [
        { accountId, amount: -amount },
        { accountId: owed, amount },
      ]
      const key = `settle:${card.cardId}`
      await post(leb, tx, { issuerId: 'leb', key, reason: 'closure_settlement', entries, close: [accountId] })
    })
    expect((await take(record(card)))[0]).toMatchObject({ outcome: 'late', lateUsage: { amount: price } })
    expect(await house('late_usage')).toBe(borne - 2n * price)
    expect((await house('revenue')) > revenue).toBe(true)
  })
})

describe('a card whose money went back when it ended', () => {
  it('stays ended for use, however many days an import adds to it', async () => {
    const card = await emptyCard()
    await inLeb(async (tx) => {
      await sql`update card_end set lapsed_at = now(), outcome = 'refunded' where card_id = ${card.cardId}`.execute(
        tx,
      )
      const later = new Date(leb.clock.now().getTime() + 40 * 86_400_000)
      await sql`update card set expires_at = ${later}, data_left_mb = 500, ended_for_good = true
        where card_id = ${card.cardId}`.execute(tx)
    })
    expect((await take(record(card)))[0]).toMatchObject({ outcome: 'late' })
    expect((await stateOf(card)).balance).toBe(8640n)
  })
})

describe('part minutes and tax', () => {
  it('are rounded over all that was used, drained and paid in one batch or in several', async () => {
    const use = (card: Seeded) => [
      record(card, { kind: 'voice', quantity: 40, usedAt: usedAt + 1 }),
      record(card, { quantity: 3, usedAt: usedAt + 2 }),
      record(card, { kind: 'voice', quantity: 20, usedAt: usedAt + 3 }),
      record(card, { quantity: 1, usedAt: usedAt + 4 }),
    ]
    const meterOf = (card: Seeded) =>
      inLeb(async (tx) => {
        const { rows } =
          await sql<object>`select used_gross, voice_over_s, (select sum(tax_minor)::bigint from usage_record u
          where u.card_id = l.card_id) as tax from ledger_account l where card_id = ${card.cardId}`.execute(
            tx,
          )
        return { ...rows[0]!, paid: 8640n - (await stateOf(card)).balance }
      })
    const [whole, parts, frozen] = [await emptyCard(), await emptyCard(), await emptyCard()]
    await take(...use(whole))
    for (const one of use(parts)) await take(one)
    await take(use(frozen)[0]!)
    await inLeb((tx) => freezeBalance(leb, tx, frozen))
    await take(...use(frozen).slice(1))
    const all = await meterOf(whole)
    expect(all).toMatchObject({ voice_over_s: 60n, used_gross: expect.any(BigInt) })
    expect(all).toMatchObject({ used_gross: all.paid })
    expect(await meterOf(parts)).toEqual(all)
    expect(await meterOf(frozen)).toEqual(all)
  })
})

describe('the first use', () => {
  it('activates the card and sets its last day by the clock of the zone', async () => {
    const card = await seedCard(leb)
    const dates = async () => {
      const row = await inLeb((tx) =>
        tx
          .selectFrom('card')
          .select(['activated_at', 'activated_zone', 'expires_at'])
          .where('card_id', '=', card.cardId)
          .executeTakeFirstOrThrow(),
      )
      return [row.activated_at?.toISOString(), row.activated_zone, row.expires_at.toISOString()]
    }
    await take(record(card, { usedAt: Date.parse('2026-11-22T09:00:00.123Z') }))
    expect(await dates()).toEqual(['2026-11-22T09:00:00.123Z', 'JP', '2026-11-24T15:00:00.000Z'])
    await take(record(card, { usedAt: Date.parse('2026-11-21T14:00:00Z') }))
    expect(await dates()).toEqual(['2026-11-21T14:00:00.000Z', 'JP', '2026-11-23T15:00:00.000Z'])
  })
})

describe('a card that runs dry', () => {
  const cut = (card: Seeded) =>
    inLeb((tx) =>
      tx
        .selectFrom('dry_cut')
        .select(['wish', 'asked', 'told'])
        .where('card_id', '=', card.cardId)
        .executeTakeFirst(),
    )
  it('is to be cut, once, and to come back when it is given something', async () => {
    const card = await emptyCard({ balance: 0n })
    await take(record(card))
    await take(record(card))
    expect(await cut(card)).toEqual({ wish: 1, asked: 0, told: 0 })
    await inLeb((tx) => bringBack(leb, tx, card.cardId))
    await inLeb((tx) => bringBack(leb, tx, card.cardId))
    expect(await cut(card)).toEqual({ wish: 2, asked: 0, told: 0 })
    await take(record(card))
    expect(await cut(card)).toMatchObject({ wish: 3 })
  })

  it('is left alone while it is being closed', async () => {
    const card = await emptyCard({ balance: 0n })
    await inLeb((tx) => sql`update card set state = 'closing' where card_id = ${card.cardId}`.execute(tx))
    expect((await take(record(card)))[0]!.outcome).toBe('dry')
    expect(await cut(card)).toBeUndefined()
  })
})
