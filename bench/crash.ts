import { parseArgs } from 'node:util'
import { seededRandom } from '../sim/failures.ts'
import { count } from '../test/crash/count.ts'
import { killWorkers, misbehave } from '../test/crash/kill-workers.ts'
import { planClosures } from '../test/crash/workload.ts'
import { openInstallation } from './installation.ts'
import { report } from './report.ts'

// Workers killed at random moments; what happened is counted at the simulators and in the books.
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    json: { type: 'boolean', default: false },
  },
})
const closures = Number(values.count)
const seed = Number(values.seed)
const random = seededRandom(seed)
const goal_seconds = 15

const at = await openInstallation(['--complete-after', '20'])
try {
  const planned = await planClosures(at, closures, random)
  const killed = await killWorkers(at, {
    program: at.program,
    planned,
    random,
    workers: 2,
    // Longer than the failures of misbehave, the longest silence (20 s) included.
    forMs: Math.max(30_000, closures * 120),
    openAtMost: 60,
    everyMs: [500, 3_000],
    begin: () => misbehave(at, seed),
    giveUpMs: 60_000,
  })
  const { faults, ...counted } = await count(at, planned)
  for (const fault of faults) process.stderr.write(`  FAULT ${fault}\n`)
  report(
    {
      name: 'crash',
      value: killed.secondsAfterLastKill,
      unit: 's from the last kill to the last closure done',
      reference: goal_seconds,
      ratio: killed.secondsAfterLastKill / goal_seconds,
      detail: { seed, kills: killed.kills, unfinished: killed.unfinished, ...counted, faults: faults.length },
    },
    values.json,
  )
  const good = faults.length === 0 && killed.unfinished === 0 && killed.secondsAfterLastKill < goal_seconds
  process.exitCode = good ? 0 : 1
} finally {
  await at.stop()
}
