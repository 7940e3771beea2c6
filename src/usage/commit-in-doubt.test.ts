import { afterAll, beforeAll, expect, it } from 'vitest'
import { openLossyWay } from '../../test/lossy-database.ts'
import { checkBooks } from '../ledger/check.ts'
import { isDatabaseGone, openDb, openPool } from '../platform/db.ts'
import { takeUsage } from './take-usage.ts'
import { openUsageStage } from './usage-stage.fixture.ts'

let stage: Awaited<ReturnType<typeof openUsageStage>>
let way: Awaited<ReturnType<typeof openLossyWay>>
beforeAll(async () => {
  stage = await openUsageStage()
  way = await openLossyWay(stage.leb.databaseUrl)
})
afterAll(async () => {
  await way.close()
  await stage.leb.stop()
})

it('charges a batch once whose commit was done and whose answer was lost, and answers it as it was', async () => {
  const { leb, emptyCard, record, take, stateOf, priceOfMb } = stage
  const card = await emptyCard()
  const price = await priceOfMb(card)
  const before = await stateOf(card)
  const batch = [record(card, { quantity: 2 }), record(card, { quantity: 3 })]
  const pool = openPool(way.url, 1, 'lossy')
  const doubtful = { ...leb, pool, db: openDb(pool) }
  way.loseNext()
  const error: unknown = await takeUsage(doubtful, 'leb', batch).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(way.lost()).toBe(1)
  expect(isDatabaseGone(error)).toBe(true)
  // It was charged, though nobody was told.
  expect(await stateOf(card)).toMatchObject({ balance: before.balance - 5n * price })
  const again = await takeUsage(doubtful, 'leb', batch)
  expect(again.map(({ outcome }) => outcome)).toEqual(['duplicate', 'duplicate'])
  expect(await take(...batch)).toEqual(again)
  expect(await stateOf(card)).toMatchObject({
    balance: before.balance - 5n * price,
    records: before.records + 2n,
  })
  expect((await checkBooks(leb)).ok).toBe(true)
  await doubtful.db.destroy()
})
