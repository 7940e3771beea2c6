import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { openPool } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { countTry, limits } from './rate-limits.ts'

let world: TestWorld
beforeAll(async () => void (world = await openTestWorld()))
afterAll(() => world.stop())

test('two processes count together, and the refusal says how long', async () => {
  const pool = openPool(world.databaseUrl, 4, 'other')
  const other = { ...world, pool }
  const tries = Array.from({ length: limits.code_per_address.points + 4 }, (_, i) =>
    countTry(i % 2 ? world : other, 'leb', [{ limit: 'code_per_address', who: 'mei@example.com' }]),
  )
  const answers = await Promise.allSettled(tries)
  await pool.end()
  const refused = answers.filter((a) => a.status === 'rejected').map((a) => a.reason as Refusal)
  expect(refused).toHaveLength(4)
  expect(refused[0]).toBeInstanceOf(Refusal)
  expect(refused[0]!.code).toBe('holder/too_often')
  expect(Number(refused[0]!.facts['minutes'])).toBeGreaterThan(0)
  expect(Number(refused[0]!.facts['minutes'])).toBeLessThanOrEqual(60)
})

test('another address and another issuer are counted apart', async () => {
  await countTry(world, 'leb', [{ limit: 'code_per_address', who: 'li@example.com' }])
  await countTry(world, 'roamly', [{ limit: 'code_per_address', who: 'mei@example.com' }])
})

test('neither address nor client stands in the table', async () => {
  await countTry(world, 'leb', [{ limit: 'code_per_client', who: '203.0.113.7' }])
  const { rows } = await world.pool.query<{ key: string }>('select key from rate_limit')
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.map((r) => r.key).join()).not.toMatch(/203\.0|example|mei/)
})
