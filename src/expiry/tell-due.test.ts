import { sql } from 'kysely'
import { expect, it } from 'vitest'
import { seedCards } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { openExpiryWorld } from './expiry.fixture.ts'
import { tellDue } from './tell-due.ts'

// The minute job watches the deadlines of closings, too: a million warnings must not hold it up until they are told.
it('leaves what it has no time for to the next minute, and tells that then', async () => {
  const world = await openExpiryWorld({ kind: 'lapse' })
  try {
    await seedCards(
      world,
      Array.from({ length: 2_010 }, () => ({ residence: 'CH', balance: 10n })),
    )
    const ends = new Date(world.clock.now().getTime() + 3_600_000)
    await inIssuer(world.db, 'leb', (tx) => sql`update card set expires_at = ${ends}`.execute(tx))
    expect(await tellDue(world, 'leb', 0)).toBe(2_000)
    expect(await tellDue(world, 'leb', 0)).toBe(10)
    expect(await tellDue(world, 'leb', 0)).toBe(0)
  } finally {
    await world.stop()
  }
})
