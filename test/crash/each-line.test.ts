import { afterAll, beforeAll, expect, it } from 'vitest'
import { seededRandom } from '../../sim/failures.ts'
import { lookAtClosure } from '../../src/closure/look.ts'
import { openLeases } from '../../src/platform/leases.ts'
import { type Outside, openOutside } from '../outside.ts'
import { count } from './count.ts'
import { Crash, type Fuse, withFuse } from './crash-at.ts'
import type { Installation } from './installation.ts'
import { declare, type Planned, planClosures } from './workload.ts'

let leb: Outside
let at: Installation
const all: Planned[] = []
beforeAll(async () => {
  leb = await openOutside({ keepMails: 0 })
  at = {
    ctx: leb,
    databaseUrl: leb.databaseUrl,
    keysDir: leb.config.dataDir,
    at: { ...leb.world, mail: { ...leb.world.mail } },
  }
})
afterAll(() => leb.stop())

async function plan(covers: 'card' | 'account'): Promise<Planned> {
  const [planned] = await planClosures(at, 1, seededRandom(all.length + 1), covers, { someMoney: true })
  all.push(planned!)
  await declare(at, planned!)
  return planned!
}

/** One process's life with a closure, dead at event `blows`. Answers how far it came. */
async function live(planned: Planned, blows: number | undefined): Promise<Fuse> {
  const fuse: Fuse = { reached: 0, blows, blown: false }
  const mortal = withFuse(leb, fuse)
  // A lease dies with its process's session, so each life has its own.
  const leases = openLeases(leb.databaseUrl)
  try {
    await lookAtClosure(mortal, leases, { issuerId: planned.issuerId, id: planned.closureId! })
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  } finally {
    await leases.close()
  }
  return fuse
}

async function isTold(planned: Planned): Promise<boolean> {
  const { rows } = await leb.pool.query<{ told: boolean }>(
    `select set_config('leb.issuer', $1, false), exists (select 1 from closure where closure_id = $2 and told_at is not null) as told`,
    [planned.issuerId, planned.closureId],
  )
  return rows[0]!.told
}

for (const covers of ['card', 'account'] as const) {
  it(`a closure of ${covers === 'card' ? 'a card' : 'an account'} survives a death after every commit and every answer`, async () => {
    // Death k: one closure each, killed at event k and then told to its end. The last one met no death at all.
    let deaths = 0
    for (let k = 1; ; k++) {
      const planned = await plan(covers)
      await leb.sendMails(planned.issuerId)
      const fuse = await live(planned, k)
      for (let lives = 0; !(await isTold(planned)); lives++) {
        expect(lives).toBeLessThan(20)
        leb.clock.advance({ seconds: 2 })
        await live(planned, undefined)
      }
      if (!fuse.blown) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(10)
    for (const issuerId of ['leb', 'roamly']) await leb.sendMails(issuerId)
    expect((await count(at, all)).faults).toEqual([])
  })

  it(`a closure of ${covers === 'card' ? 'a card' : 'an account'} told by processes that live for one step each still ends`, async () => {
    const planned = await plan(covers)
    await leb.sendMails(planned.issuerId)
    // Events a life: taken up, intent, answer heard, answer written. Cards of an account are told side by side: all
    // of them may have written their intent and heard their answer before the first answer is written.
    const events = 2 + 2 * planned.cards.length
    let lives = 0
    for (; !(await isTold(planned)); lives++) {
      expect(lives).toBeLessThan(200)
      leb.clock.advance({ seconds: 2 })
      await live(planned, events)
    }
    expect(lives).toBeGreaterThan(3)
    for (const issuerId of ['leb', 'roamly']) await leb.sendMails(issuerId)
    expect((await count(at, all)).faults).toEqual([])
  })
}
