import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { seededRandom } from '../sim/failures.ts'
import { refreshStatistics } from '../src/platform/db.ts'
import { workerEnv } from '../test/crash/installation.ts'
import { rssMb, startWorker, type WorkerProcess } from '../test/crash/processes.ts'
import { countUnfinished, declare, type Planned, planClosures } from '../test/crash/workload.ts'
import { cpuMs, cpuMsOfTree } from './cpu.ts'
import { measureDocumentsOnCores } from './documents.ts'
import { type BenchInstallation, openInstallation } from './installation.ts'
import { report } from './report.ts'

// Closures end to end: declared (slip sealed), told by worker processes to the certificate mail, slip mail sent.
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    workers: { type: 'string', default: '2' },
    /** Folder for CPU profiles of the workers. */
    prof: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const count = Number(values.count)
const workers = Number(values.workers)
const cores = 2
// Enough to keep the workers busy, few enough that declaring and working go on side by side to the end.
const open_at_most = 120
const sample_every_ms = 500

type Sample = { done: number; rssMb: number[] }

const cpuBefore = process.cpuUsage()
const documents = await measureDocumentsOnCores({ seconds: 10, cores })
const cpuOfDocuments = process.cpuUsage(cpuBefore)
const msOfTwo = (2 * (cpuOfDocuments.user + cpuOfDocuments.system)) / 1000 / documents.documents
const at = await openInstallation(['--complete-after', '20'])
try {
  const planned = await planClosures(at, count, seededRandom(1), 'card')
  await refreshStatistics(at.ctx.pool)
  const { seconds, samples, cpu } = await closeAll(at, planned)
  const perSecond = count / seconds
  const reference = documents.perSecond / 2
  const total = (sample: Sample | undefined) =>
    Math.round((sample?.rssMb ?? []).reduce((sum, one) => sum + one, 0) / workers)
  report(
    {
      name: 'closure',
      value: perSecond,
      unit: 'closures/s',
      reference,
      ratio: perSecond / reference,
      detail: {
        closures: count,
        seconds,
        'worker processes': workers,
        'documents/s alone': documents.perSecond,
        'worker MB at 10 %, 50 %, 100 %': [0.1, 0.5, 1].map((share) =>
          total(samples.findLast((sample) => sample.done <= share * count)),
        ),
        'CPU ms a closure': { ...cpu, 'its documents alone': Math.round(msOfTwo * 10) / 10 },
        'simulators MB': Math.round(await at.outside.rss()),
      },
    },
    values.json,
  )
} finally {
  await at.stop()
}

async function closeAll(at: BenchInstallation, planned: Planned[]) {
  const options = values.prof ? ['--cpu-prof', `--cpu-prof-dir=${values.prof}`] : []
  const processes = Array.from({ length: workers }, () => startWorker(at.program, workerEnv(at), options))
  try {
    // One closure each before the clock starts: fonts are read, code is compiled.
    await declareAll(at, planned.slice(0, 16), [])
    while ((await countUnfinished(at, planned)) > 0) await sleep(50)
    const samples: Sample[] = []
    const rest = planned.slice(16)
    const before = await cpuOf(at, processes)
    const started = performance.now()
    await declareAll(at, rest, samples, processes)
    for (let open = 1; open > 0;) {
      open = await countUnfinished(at, planned)
      if (open > 0) await sleep(100)
    }
    const seconds = ((performance.now() - started) / 1000) * (planned.length / rest.length)
    const after = await cpuOf(at, processes)
    await sample(samples, planned.length, processes)
    const trouble = processes.flatMap((worker) => [...worker.said, ...(worker.ended() ?? [])])
    if (trouble.length > 0) process.stderr.write(`${trouble.slice(0, 5).join('\n')}\n`)
    const cpu = Object.fromEntries(
      Object.entries(after).map(([who, ms]) => [
        who,
        Math.round(((ms - before[who]!) / rest.length) * 10) / 10,
      ]),
    )
    return { seconds, samples, cpu }
  } finally {
    await Promise.all(processes.map((worker) => worker.stop()))
  }
}

/** Who uses the cores; this process declares, which is a part of a closure too. */
async function cpuOf(at: BenchInstallation, processes: WorkerProcess[]): Promise<Record<string, number>> {
  const { user, system } = process.cpuUsage()
  return {
    workers: await cpuMs(processes.map((worker) => worker.pid)),
    declaring: (user + system) / 1000,
    postgres: await cpuMsOfTree(at.postgresPid),
    simulators: await cpuMs([at.outside.pid]),
  }
}

/** Declares side by side with the workers, waiting when too much is open. */
async function declareAll(
  at: BenchInstallation,
  planned: Planned[],
  samples: Sample[],
  processes: WorkerProcess[] = [],
): Promise<void> {
  let open = 0
  let looked = 0
  for (const [n, one] of planned.entries()) {
    await declare(at, one)
    open++
    while (open > open_at_most / 2) {
      open = (await countUnfinished(at, planned)) / 2
      if (open > open_at_most / 2) await sleep(100)
    }
    if (processes.length === 0 || performance.now() - looked < sample_every_ms) continue
    looked = performance.now()
    await sample(samples, n, processes)
  }
}

async function sample(samples: Sample[], done: number, processes: WorkerProcess[]): Promise<void> {
  samples.push({ done, rssMb: await Promise.all(processes.map((worker) => rssMb(worker.pid))) })
}
