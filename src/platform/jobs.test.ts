import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { inIssuer } from './db.ts'
import type { Look } from './jobs.ts'

let world: TestWorld
beforeAll(async () => void (world = await openTestWorld()))
afterAll(() => world.stop())

const newLook = (): Look => ({ issuerId: 'leb', id: world.ids.next() })
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000)
const look = (what: Look, at?: Date) =>
  inIssuer(world.db, 'leb', (tx) => world.jobs.look(tx, 'closure', what, at))

async function waitsMinutes(what: Look): Promise<number[]> {
  const { rows } = await sql<{ minutes: number }>`
    select round(extract(epoch from start_after - now()) / 60)::int as minutes from pgboss.job
     where name = 'closure' and singleton_key = ${`leb/${what.id}`} and state = 'created'`.execute(world.db)
  return rows.map((row) => Math.abs(row.minutes))
}

it('hurries a look that waits: by a nudge, by an act, by an earlier time', async () => {
  const [nudged, acted, earlier] = [newLook(), newLook(), newLook()]
  for (const what of [nudged, acted, earlier]) await look(what, inMinutes(30))
  expect(await waitsMinutes(nudged)).toEqual([30])
  await world.jobs.nudge('closure', nudged)
  await look(acted)
  await look(earlier, inMinutes(5))
  expect(await waitsMinutes(nudged)).toEqual([0])
  expect(await waitsMinutes(acted)).toEqual([0])
  expect(await waitsMinutes(earlier)).toEqual([5])
})

it('lets nobody who will look again later push away what happened meanwhile', async () => {
  const what = newLook()
  await world.jobs.nudge('closure', what)
  await look(what, inMinutes(30))
  expect(await waitsMinutes(what)).toEqual([0])
})

it('takes the earlier time when two are queued at the same moment', async () => {
  const what = newLook()
  await inIssuer(world.db, 'leb', async (tx) => {
    await world.jobs.look(tx, 'closure', what)
    const other = look(what, inMinutes(30))
    await new Promise((done) => setTimeout(done, 100))
    return { other }
  }).then(({ other }) => other)
  expect(await waitsMinutes(what)).toEqual([0])
})
