import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { destroyRetired, keepName } from './retention.ts'

let world: TestWorld
beforeAll(async () => void (world = await openTestWorld({ start: '2026-11-22T10:00:00Z' })))
afterAll(() => world.stop())

const shelf = { issuerId: 'leb', jurisdiction: 'DE' }
const rows = () =>
  inIssuer(world.db, 'leb', async (tx) => ({
    keys: await tx
      .selectFrom('retention_key')
      .select(['year', 'wrapped_key', 'destroyed_at'])
      .orderBy('year')
      .execute(),
    names: await tx.selectFrom('retention_item').select('year').orderBy('year').execute(),
  }))

it('destroys a year’s key and names when their day is over everywhere, once, and no other year’s', async () => {
  const { holderId } = await seedCard(world)
  const name = { name: '李磊', residence: 'DE' }
  await inIssuer(world.db, 'leb', async (tx) => {
    await keepName(world, tx, { ...shelf, holderId, name, year: 2025, destroyAfter: '2026-11-22' })
    await keepName(world, tx, { ...shelf, holderId, name, year: 2026, destroyAfter: '2036-12-31' })
  })
  // The day itself still belongs to the books.
  world.clock.advance({ hours: 25 })
  expect(await destroyRetired(world)).toBe(0)
  expect((await rows()).names).toHaveLength(2)
  world.clock.advance({ hours: 2 })
  expect(await destroyRetired(world)).toBe(1)
  expect(await destroyRetired(world)).toBe(0)
  const { keys, names } = await rows()
  expect(keys).toMatchObject([
    { year: 2025, wrapped_key: null, destroyed_at: world.clock.now() },
    { year: 2026, destroyed_at: null },
  ])
  expect(keys[1]!.wrapped_key).not.toBeNull()
  expect(names).toEqual([{ year: 2026 }])
})
