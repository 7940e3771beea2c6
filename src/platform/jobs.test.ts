import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { inIssuer } from './db.ts'
import { type Look, openJobs } from './jobs.ts'
import { openLeases } from './leases.ts'

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

it.each(['closure', 'notice', 'order', 'line', 'payment'] as const)(
  'queues a look at a %s again whose worker has died, and leaves one alone that somebody has in hand',
  async (queue) => {
    const [dead, alive, fresh] = [newLook(), newLook(), newLook()]
    for (const what of [dead, alive, fresh]) await world.jobs.nudge(queue, what)
    const states = async (what: Look) => {
      const { rows } = await sql<{ state: string }>`
        select state::text from pgboss.job where name = ${queue} and singleton_key = ${`leb/${what.id}`}
         order by created_on, state`.execute(world.db)
      return rows.map((row) => row.state)
    }
    const fetched = (what: Look, secondsAgo: number) =>
      sql`update pgboss.job set state = 'active', started_on = now() - make_interval(secs => ${secondsAgo})
           where name = ${queue} and singleton_key = ${`leb/${what.id}`}`.execute(world.db)
    await fetched(dead, 3)
    await fetched(alive, 3)
    const leases = openLeases(world.databaseUrl)
    const release = (await leases.take(`leb/${alive.id}`))!
    // The last moment before: two seconds later it would be taken for dead.
    await fetched(fresh, 0)
    await world.jobs.takeOver(world.db)
    expect((await states(dead)).toSorted()).toEqual(['completed', 'created'])
    expect(await states(alive)).toEqual(['active'])
    expect(await states(fresh)).toEqual(['active'])
    await release()
    // Two that look for it at the same moment queue it once.
    await Promise.all([world.jobs.takeOver(world.db), world.jobs.takeOver(world.db)])
    expect((await states(alive)).toSorted()).toEqual(['completed', 'created'])
    await leases.close()
  },
)

it('goes on at once where the clock was set back an hour, and puts nothing off or forward where it was not', async () => {
  const [waits, later, held] = [newLook(), newLook(), newLook()]
  await look(waits, inMinutes(5))
  await look(held)
  await sql`update pgboss.job set state = 'active', started_on = now() where singleton_key = ${`leb/${held.id}`}`.execute(
    world.db,
  )
  // Everything noted an hour ago by a clock that is an hour back now.
  await sql`update pgboss.job set created_on = created_on + interval '1 hour', start_after = start_after + interval '1 hour',
    started_on = started_on + interval '1 hour' where singleton_key in (${`leb/${waits.id}`}, ${`leb/${held.id}`})`.execute(
    world.db,
  )
  await sql`update pgboss.version set cron_on = now() + interval '1 hour'`.execute(world.db)
  await look(later, inMinutes(30))
  await world.jobs.nudge('deadlines', newLook())
  await sql`update pgboss.job set state = 'completed', singleton_on = (now() + interval '1 hour') at time zone 'utc'
    where name = 'deadlines'`.execute(world.db)

  const jobs = openJobs(world.databaseUrl, world.log, false)
  await jobs.start()
  await jobs.takeOver(world.db)
  expect(await waitsMinutes(waits)).toEqual([0])
  expect(await waitsMinutes(held)).toEqual([0])
  expect(await waitsMinutes(later)).toEqual([30])
  const { rows } = await sql`select (select cron_on from pgboss.version) as cron_on,
    (select count(*)::int from pgboss.job where name = 'deadlines') as slots`.execute(world.db)
  expect(rows).toEqual([{ cron_on: null, slots: 0 }])

  await sql`update pgboss.version set cron_on = now() + interval '1 hour'`.execute(world.db)
  await jobs.takeOver(world.db)
  const again = await sql<{ ahead: boolean }>`select cron_on > now() as ahead from pgboss.version`.execute(
    world.db,
  )
  expect(again.rows).toEqual([{ ahead: true }])
  await jobs.stop()
})
