import { setTimeout as sleep } from 'node:timers/promises'
import type { FailureOrder } from '../../sim/failures.ts'
import { type Installation, workerEnv } from './installation.ts'
import { type Program, startWorker, type WorkerProcess } from './processes.ts'
import { countUnfinished, declare, type Planned } from './workload.ts'

export type KillRun = {
  program: Program
  planned: Planned[]
  random: () => number
  workers: number
  /** How long declarations go on and workers die, at least. */
  forMs: number
  /** Closures and mails waiting at one time. */
  openAtMost: number
  /** Pauses between two kills, drawn evenly from this range. */
  everyMs: [number, number]
  /** Called when the workers are up and the dying begins. */
  begin(): Promise<void>
  /** After this without an end the run is given up; what is missing then shows in the count. */
  giveUpMs: number
}
export type Killed = { kills: number; secondsAfterLastKill: number; unfinished: number; said: string[] }

/**
 * Declares closures and kills workers with SIGKILL at random moments meanwhile, each replaced at once. The last
 * kill takes all of them while the last closures have just been taken up. Answers how long the rest took.
 */
export async function killWorkers(at: Installation, run: KillRun): Promise<Killed> {
  const workers: WorkerProcess[] = []
  const all: WorkerProcess[] = []
  const start = () => {
    const worker = startWorker(run.program, workerEnv(at))
    all.push(worker)
    return worker
  }
  for (let n = 0; n < run.workers; n++) workers.push(start())
  const last = run.planned.slice(-Math.ceil(run.planned.length / 10))
  const [warm, ...first] = run.planned.slice(0, -last.length)
  let kills = 0
  try {
    await declare(at, warm!)
    await untilFinished(at, run)
    await run.begin()
    let declaring = true
    const declared = declareOver(at, run, first).finally(() => (declaring = false))
    while (declaring) {
      await sleep(run.everyMs[0] + run.random() * (run.everyMs[1] - run.everyMs[0]))
      const n = Math.floor(run.random() * workers.length)
      await workers[n]!.kill()
      kills++
      workers[n] = start()
    }
    await declared
    for (const one of last) await declare(at, one)
    await sleep(run.random() * 200)
    await Promise.all(workers.map((worker) => worker.kill()))
    kills += workers.length
    const killed = performance.now()
    workers.splice(0, workers.length, ...workers.map(start))
    const unfinished = await untilFinished(at, run)
    const ended = all.flatMap((worker) => worker.ended() ?? [])
    const said = [...ended, ...all.flatMap((worker) => worker.said)]
    return { kills, secondsAfterLastKill: (performance.now() - killed) / 1000, unfinished, said }
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()))
  }
}

/** Answers how many closures are still open when it gives up. */
async function untilFinished(at: Installation, { planned, giveUpMs }: KillRun): Promise<number> {
  const started = performance.now()
  for (;;) {
    const unfinished = await countUnfinished(at, planned)
    if (unfinished === 0 || performance.now() - started > giveUpMs) return unfinished
    await sleep(100)
  }
}

/** Evenly over the run, and never so many that a slow machine is still at the backlog long after the last kill. */
async function declareOver(at: Installation, run: KillRun, planned: Planned[]): Promise<void> {
  const started = performance.now()
  let stuck = false
  for (const [n, one] of planned.entries()) {
    const due = started + (run.forMs * n) / planned.length
    await sleep(Math.max(0, due - performance.now()))
    const asked = performance.now()
    while (!stuck && n % 5 === 0 && (await countUnfinished(at, planned)) > run.openAtMost) {
      await sleep(100)
      // Closures that never end are a fault to be counted, nothing to wait for.
      stuck = performance.now() - asked > run.giveUpMs
    }
    await declare(at, one)
  }
}

/**
 * Providers misbehave while workers die. What hangs a worker longest (a payment provider silent for 20 s after
 * doing the work) comes first, so that it is over when the last kill falls.
 */
export async function misbehave({ at }: Installation, seed: number): Promise<void> {
  const fail = (url: string, order: FailureOrder) =>
    fetch(`${url}/sim/fail`, { method: 'POST', body: JSON.stringify({ seed, ...order }) })
  const work = 'POST /'
  await fail(at.payment.url, { mode: 'timeout_after', match: work, probability: 0.3, forMs: 4_000 })
  await fail(at.payment.url, { mode: 'rubbish', match: work, probability: 0.2, forMs: 12_000 })
  await fail(at.line.url, { mode: 'timeout_after', match: work, probability: 0.1, forMs: 6_000 })
  await fail(at.line.url, { mode: 'rubbish', probability: 0.1, forMs: 12_000 })
  await fail(at.esim.url, { mode: 'down', probability: 0.3, forMs: 12_000 })
  await fail(at.esim.url, { mode: 'timeout_before', probability: 0.05, forMs: 6_000 })
  await fail(at.mail.control, { mode: 'down', forMs: 3_000 })
  await fail(at.mail.control, { mode: 'twice', probability: 0.1, forMs: 12_000 })
  await fail(at.mail.control, { mode: 'timeout_after', probability: 0.1, forMs: 4_000 })
}
