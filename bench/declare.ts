import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { bundle } from '../bin/bundle.mjs'
import { seededRandom } from '../sim/failures.ts'
import { openSession } from '../src/holder/session.ts'
import { inIssuer } from '../src/platform/db.ts'
import { fingerprint } from '../src/privacy/vault.ts'
import { workerEnv } from '../test/crash/installation.ts'
import { type Planned, planClosures } from '../test/crash/workload.ts'
import { cpuMs, cpuMsOfTree } from './cpu.ts'
import { type BenchInstallation, openInstallation } from './installation.ts'
import { report } from './report.ts'

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
const warm_up = 30

type Holder = Planned & { token: string }

const at = await openInstallation([])
let serving: ChildProcess | undefined
try {
  const planned = await planClosures(at, warm_up + rate * seconds, seededRandom(1), 'card')
  const holders: Holder[] = []
  for (const one of planned) holders.push({ ...one, token: await signIn(at, one) })
  const { url, child } = await serve(at)
  serving = child
  for (const [n, holder] of holders.slice(0, warm_up).entries()) await declareAndFetch(url, holder, n)
  const before = await cpuOf(at, child)
  const times = await openLoop(url, holders.slice(warm_up))
  const after = await cpuOf(at, child)
  times.sort((a, b) => a - b)
  const quantile = (q: number) => times[Math.min(times.length - 1, Math.floor(times.length * q))]!
  report(
    {
      name: 'declare',
      value: quantile(0.99),
      unit: 'ms p99 from declaration to slip in hand',
      reference: goal_ms,
      ratio: quantile(0.99) / goal_ms,
      detail: {
        'asked per second': rate,
        declarations: times.length,
        'p50 ms': quantile(0.5),
        'p95 ms': quantile(0.95),
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
  if (serving && serving.exitCode === null) {
    serving.kill('SIGTERM')
    await once(serving, 'exit')
  }
  await at.stop()
}

async function cpuOf(at: BenchInstallation, child: ChildProcess): Promise<Record<string, number>> {
  const { user, system } = process.cpuUsage()
  return {
    'leb serve': await cpuMs([child.pid!]),
    postgres: await cpuMsOfTree(at.postgresPid),
    asking: (user + system) / 1000,
  }
}

/** Signed in before the clock starts: a code by mail is no part of what is measured. */
async function signIn(at: BenchInstallation, one: Planned): Promise<string> {
  const { issuerId } = one
  const keys = await at.ctx.keys.vault(issuerId)
  const address = fingerprint(keys, 'email', one.email)
  const { token } = await inIssuer(at.ctx.db, issuerId, (tx) =>
    openSession(at.ctx, tx, { issuerId, fingerprint: address }),
  )
  return token
}

/** `leb serve` as it is, in a process of its own. */
async function serve(at: BenchInstallation): Promise<{ url: string; child: ChildProcess }> {
  const dir = join(at.program.work, '..')
  await bundle({ main: 'src/main.ts' }, dir)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const start = `import(${JSON.stringify(join(dir, 'main.js'))}).then(({ main }) => main(['node', 'leb', 'serve']))`
  const profile = values.prof ? ['--cpu-prof', `--cpu-prof-dir=${values.prof}`] : []
  const child = spawn(process.execPath, [...profile, '-e', start], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: {
      PATH: process.env.PATH,
      LEB_LOG: 'error',
      LEB_WITH_PARENT: '1',
      LEB_PORT: String(port),
      LEB_PROVIDER_PORT: String(await freePort()),
      // Each declaration comes from an address of its own, or the rate limit would be measured.
      LEB_TRUST_PROXY: '1',
      ...workerEnv(at),
    },
  })
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`leb serve ended with ${child.exitCode}`)
    const answer = await fetch(`${url}/api/openapi.json`).catch(() => undefined)
    if (answer?.ok) return { url, child }
    await sleep(100)
  }
  throw new Error('leb serve did not come up in 30 s')
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => done(port))
    })
  })
}

/** Open loop: the next one is sent when it is due, whether the last has been answered or not. */
async function openLoop(url: string, holders: Holder[]): Promise<number[]> {
  const started = performance.now()
  const sent: Promise<number>[] = []
  for (const [n, holder] of holders.entries()) {
    const due = started + (n * 1000) / rate
    await sleep(Math.max(0, due - performance.now()))
    // Timed from when it was due: a late sender is part of what the holder waits for.
    sent.push(declareAndFetch(url, holder, warm_up + n).then(() => performance.now() - due))
  }
  return Promise.all(sent)
}

async function declareAndFetch(url: string, holder: Holder, n: number): Promise<void> {
  const answer = await fetch(`${url}/api/v1/issuers/${holder.issuerId}/closures`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${holder.token}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
      'x-forwarded-for': `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
    },
    body: JSON.stringify({
      accountId: holder.accountId,
      cards: holder.cards.map((card) => card.cardId),
      start: 'at_once',
      zone: 'Asia/Shanghai',
    }),
  })
  if (answer.status !== 201)
    throw new Error(`declaration answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`)
  const { slipUrl, accessToken } = (await answer.json()) as { slipUrl: string; accessToken: string }
  const slip = await fetch(new URL(new URL(slipUrl).pathname, url), {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  const pdf = Buffer.from(await slip.arrayBuffer())
  if (slip.status !== 200 || pdf.subarray(0, 5).toString() !== '%PDF-')
    throw new Error(`slip answered ${slip.status}`)
}
