import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { houseAccount, lockCardBalance } from '../ledger/accounts.ts'
import { checkBooks } from '../ledger/check.ts'
import { post } from '../ledger/post.ts'
import { inIssuer, openDb, openPool, type Tx } from '../platform/db.ts'
import { bringBack } from './dry-cut.ts'
import { takeUsage } from './take-usage.ts'
import { openUsageStage, type UsageStage, usedAt } from './usage-stage.fixture.ts'

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

describe('a batch', () => {
  it('takes from the plan first, then from the balance, and books what it took', async () => {
    const card = await seedCard(leb)
    const [before, revenue, tax] = [await stateOf(card), await house('revenue'), await house('tax_payable')]
    const answers = await take(
      record(card, { quantity: 500 }),
      record(card, { quantity: 20, usedAt: usedAt + 1 }),
    )
    expect(answers.map((a) => a.outcome)).toEqual(['from_bucket', 'charged'])
    const after = await stateOf(card)
    expect(after.data).toBe(0n)
    expect(before.balance - after.balance).toBe(after.gross)
    expect(after.gross).toBeGreaterThan(0n)
    expect((await house('revenue')) - revenue + (await house('tax_payable')) - tax).toBe(after.gross)
  })

  it('answers each record by itself, in the order in which they came', async () => {
    const card = await emptyCard({ balance: 0n })
    const [one, other] = [record(card), record(card, { country: 'KR' })]
    const nobody = record({ ...card, iccid: '8999901999999999999' })
    const answers = await take(nobody, one, other, one, { ...one, quantity: 2 }, nobody, {
      ...one,
      recordId: leb.ids.next(),
      iccid: undefined as never,
      cardId: card.cardId,
    })
    expect(answers.map((a) => a.outcome)).toEqual([
      'unknown_card',
      'dry',
      'out_of_zone',
      'duplicate',
      'key_reused',
      'unknown_card',
      'dry',
    ])
    expect(answers[3]).toMatchObject({ first: 'dry', unpaid: 1 })
  })

  it('that is sent again changes nothing and says what it did before', async () => {
    const card = await emptyCard()
    const batch = [record(card, { quantity: 3 }), record(card, { kind: 'sms' })]
    const first = await take(...batch)
    const state = await stateOf(card)
    const again = await take(...batch.toReversed())
    expect(again.map((a) => a.outcome)).toEqual(['duplicate', 'duplicate'])
    expect(again.toReversed()).toEqual(first.map((a) => ({ ...a, outcome: 'duplicate', first: a.outcome })))
    expect(await stateOf(card)).toEqual(state)
    expect((await take({ ...batch[0]!, quantity: 4 }))[0]!.outcome).toBe('key_reused')
    const other = await emptyCard()
    expect((await take({ ...batch[0]!, iccid: other.iccid }))[0]!.outcome).toBe('key_reused')
  })

  it('from many callers at once, with the same records, comes to the same as from one', async () => {
    const cards = await Promise.all([emptyCard(), emptyCard(), emptyCard()])
    const records = cards.flatMap((card) => Array.from({ length: 20 }, () => record(card, { quantity: 2 })))
    const price = await priceOfMb(await emptyCard())
    const shuffled = (by: number) => records.map((_, at) => records[(at * by) % records.length]!)
    const answers = await Promise.all([1, 7, 11, 13, 17, 19, 23, 29].map((by) => take(...shuffled(by))))
    const counted = answers.flat().filter((a) => a.outcome === 'charged')
    expect(counted).toHaveLength(records.length)
    for (const card of cards)
      expect(await stateOf(card)).toMatchObject({ balance: 8640n - 40n * price, records: 20n })
  })

  it('and top-ups of one card, from 64 connections at once, lose and double nothing', async () => {
    const card = await emptyCard()
    const price = await priceOfMb(card)
    const pool = openPool(leb.databaseUrl, 64, 'many')
    const many = { ...leb, pool, db: openDb(pool) }
    const topUp = (key: string) =>
      inIssuer(many.db, 'leb', async (tx) => {
        const { accountId } = await lockCardBalance(tx, card)
        const inHand = await houseAccount(many, tx, {
          issuerId: 'leb',
          kind: 'orders_in_hand',
          currency: 'CNY',
        })
        const entries = [
          { accountId: inHand, amount: -500n },
          { accountId, amount: 500n },
        ]
        await post(many, tx, { issuerId: 'leb', key, reason: 'top_up', entries })
        await bringBack(many, tx, card.cardId)
      })
    const debits = Array.from({ length: 32 }, () => record(card))
    const acts = debits.flatMap((one, at) => [
      () => takeUsage(many, 'leb', [one]),
      () => topUp(`${card.cardId}:${at % 16}`),
    ])
    await Promise.all(acts.map((act) => act()))
    expect((await stateOf(card)).balance).toBe(8640n - 33n * price + 16n * 500n)
    await pool.end()
  })

  it('keeps to its own issuer', async () => {
    const card = await emptyCard()
    expect((await takeUsage(leb, 'roamly', [record(card)]))[0]!.outcome).toBe('unknown_card')
  })
})

describe('buckets bought beside the plan', () => {
  it('are used when they end first, and written back', async () => {
    const card = await seedCard(leb)
    const bucketId = leb.ids.next()
    await inLeb((tx) =>
      tx
        .insertInto('bucket')
        .values({
          issuer_id: 'leb',
          bucket_id: bucketId,
          card_id: card.cardId,
          kind: 'data',
          granted_units: 100n,
          left_units: 100n,
          expires_at: new Date(usedAt + 3_600_000),
        })
        .execute(),
    )
    await take(record(card, { quantity: 130 }))
    const bucket = await inLeb((tx) =>
      tx
        .selectFrom('bucket')
        .select('left_units')
        .where('bucket_id', '=', bucketId)
        .executeTakeFirstOrThrow(),
    )
    expect(bucket.left_units).toBe(0n)
    expect((await stateOf(card)).data).toBe(512n - 30n)
  })
})

it('any order of the same records, with duplicates, in any batches, comes to the same books', async () => {
  const act = fc.record({
    kind: fc.constantFrom('data' as const, 'voice' as const, 'sms' as const),
    quantity: fc.integer({ min: 1, max: 90 }),
    twice: fc.boolean(),
    after: fc.integer({ min: 0, max: 3_000_000 }),
    place: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      async (acts, size) => {
        const [a, b] = [
          await seedCard(leb, { balance: 500_000n }),
          await seedCard(leb, { balance: 500_000n }),
        ]
        const of = (card: Seeded) =>
          acts.flatMap(({ kind, quantity, twice, after }) => {
            const one = record(card, { kind, quantity, usedAt: usedAt + after })
            return twice ? [one, one] : [one]
          })
        await take(...of(a))
        const other = of(b)
          .map((one, at) => ({ one, place: acts[at % acts.length]!.place }))
          .sort((x, y) => x.place - y.place)
          .map(({ one }) => one)
        for (let at = 0; at < other.length; at += size) await take(...other.slice(at, at + size))
        expect(await stateOf(b)).toEqual(await stateOf(a))
      },
    ),
    { seed: 5, numRuns: 12 },
  )
})

it('leaves books that add up, from the journal alone', async () => {
  expect(await checkBooks(leb)).toMatchObject({ ok: true })
})
