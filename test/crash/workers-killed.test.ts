import { expect, it } from 'vitest'
import { seededRandom } from '../../sim/failures.ts'
import { makeIds } from '../../src/platform/ids.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openTestWorld } from '../harness.ts'
import { count } from './count.ts'
import { connectIssuers, type Installation } from './installation.ts'
import { killWorkers, misbehave } from './kill-workers.ts'
import { buildProgram, startOutside } from './processes.ts'
import { planClosures } from './workload.ts'

const closures = 200
// Another seed by LEB_CRASH_SEED; the one that ran is in the output of a failure.
const seed = Number(process.env.LEB_CRASH_SEED ?? 20261122)

it(`pays every cent once and finishes every closure, whenever workers die (seed ${seed})`, async () => {
  const random = seededRandom(seed)
  const program = await buildProgram()
  const outside = await startOutside(program, [
    '--lazy-currency',
    'cny',
    '--complete-after',
    '20',
    '--keep-mails',
    '0',
  ])
  const test = await openTestWorld({ start: new Date().toISOString() })
  try {
    // Real processes live in real time, and so does what they share with this one.
    const ctx = { ...test, clock: systemClock, ids: makeIds(systemClock) }
    const at: Installation = {
      ctx,
      databaseUrl: test.databaseUrl,
      keysDir: test.config.dataDir,
      at: outside.at,
    }
    await connectIssuers(ctx, outside.at)
    const planned = await planClosures(at, closures, random)
    const killed = await killWorkers(at, {
      program,
      planned,
      random,
      workers: 2,
      forMs: 25_000,
      openAtMost: 40,
      // A worker takes a second to start: killed more often, they would hardly do anything else.
      everyMs: [1_000, 4_500],
      begin: () => misbehave(at, seed),
      giveUpMs: 30_000,
    })
    const counted = await count(at, planned)
    console.log(
      `seed ${seed}: ${counted.closures} closures, ${counted.cards} cards, ${counted.payouts} payouts, ${killed.kills} kills, ` +
        `${counted.asks} repeated asks, ${counted.mailsRepeated} repeated mails, all done ${killed.secondsAfterLastKill.toFixed(1)} s after the last kill`,
    )
    const said = killed.said.slice(0, 20)
    expect({ unfinished: killed.unfinished, faults: counted.faults, said }).toEqual({
      unfinished: 0,
      faults: [],
      said: expect.anything(),
    })
    expect(killed.kills).toBeGreaterThanOrEqual(8)
    // The providers did misbehave: something had to be asked twice.
    expect(counted.asks).toBeGreaterThan(0)
    expect(killed.secondsAfterLastKill).toBeLessThan(15)
  } finally {
    await test.stop()
    await outside.stop()
    await program.remove()
  }
}, 240_000)
