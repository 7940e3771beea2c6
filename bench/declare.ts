import { parseArgs } from 'node:util'
import { refreshStatistics } from '../src/platform/db.ts'
import { cpuMs, cpuMsOfTree } from './cpu.ts'
import { declareAll, quantile, signedInHolders } from './declare-load.ts'
import { type BenchInstallation, openInstallation } from './installation.ts'
import { report } from './report.ts'
import { type Serving, startServe } from './serve-process.ts'

// From the declaration to the slip in hand, over HTTP, as many a second as told, however long each takes.
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '60' },
    /** Folder for a CPU profile of the serving process. */
    prof: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const rate = Number(values.rate)
const seconds = Number(values.seconds)
const goal_ms = 200
const warm_up = 300
const warm_up_rate = 20

const at = await openInstallation([])
let serving: Serving | undefined
try {
  const holders = await signedInHolders(at, warm_up + rate * seconds, 1)
  await refreshStatistics(at.ctx.pool)
  const profile = values.prof ? ['--cpu-prof', `--cpu-prof-dir=${values.prof}`] : []
  // Each declaration comes from an address of its own, or the rate limit would be measured.
  serving = await startServe(at, { LEB_TRUST_PROXY: '1' }, profile)
  const { url, pid } = serving
  await declareAll(url, holders.slice(0, warm_up), warm_up_rate)
  const before = await cpuOf(at, pid)
  const times = await declareAll(url, holders.slice(warm_up), rate)
  const after = await cpuOf(at, pid)
  const p99 = quantile(times, 0.99)
  report(
    {
      name: 'declare',
      value: p99,
      unit: 'ms p99 from declaration to slip in hand',
      reference: goal_ms,
      ratio: p99 / goal_ms,
      detail: {
        'asked per second': rate,
        declarations: times.length,
        'p50 ms': quantile(times, 0.5),
        'p95 ms': quantile(times, 0.95),
        'max ms': times.at(-1),
        'CPU ms a declaration': Object.fromEntries(
          Object.entries(after).map(([who, ms]) => [
            who,
            Math.round(((ms - before[who]!) / times.length) * 10) / 10,
          ]),
        ),
      },
    },
    values.json,
  )
} finally {
  await serving?.stop()
  await at.stop()
}

async function cpuOf(at: BenchInstallation, serve: number): Promise<Record<string, number>> {
  const { user, system } = process.cpuUsage()
  return {
    'leb serve': await cpuMs([serve]),
    postgres: await cpuMsOfTree(at.postgresPid),
    asking: (user + system) / 1000,
  }
}
