import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { makeDoors } from '../doors.ts'
import { openPool } from '../platform/db.ts'
import { giveWay, isSomebodyServed } from './give-way.ts'

let ctx: TestWorld
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())

it('sees a statement of a serving process while it runs and a moment longer, and nobody else’s', async () => {
  expect(await isSomebodyServed(ctx)).toBe(false)
  const work = openPool(ctx.databaseUrl, 1, 'work')
  const serve = openPool(`${ctx.databaseUrl}?application_name=shop`, 1, 'serve')
  try {
    await work.query('select 1')
    expect(await isSomebodyServed(ctx)).toBe(false)
    const running = serve.query('select pg_sleep(1.5)')
    await expect.poll(() => isSomebodyServed(ctx)).toBe(true)
    await running
    expect(await isSomebodyServed(ctx)).toBe(true)
    const started = performance.now()
    await giveWay(ctx, 10)
    expect(performance.now() - started).toBeGreaterThan(69)
  } finally {
    await Promise.all([work.end(), serve.end()])
  }
  // A session is seen until its backend has ended, a little after its connection was closed.
  await expect.poll(() => isSomebodyServed(ctx), { timeout: 5000 }).toBe(false)
})

// Of `leb serve --work` the sessions that serve and those that sweep are called the same.
it('sees that its own process serves, and for a moment that it did', async () => {
  const keys = new Request('http://127.0.0.1/.well-known/jwks.json')
  const asked = makeDoors(ctx).fetch(keys)
  expect(await isSomebodyServed(ctx)).toBe(true)
  expect((await asked).status).toBe(200)
  expect(await isSomebodyServed(ctx)).toBe(true)
  await expect.poll(() => isSomebodyServed(ctx), { timeout: 3000 }).toBe(false)
})
