import { parseArgs } from 'node:util'
import { findIssuer, type Issuer, putIssuer } from '../src/issuer/issuer.ts'
import { countCards, lapseDue } from '../src/expiry/lapse-due.ts'
import { cpuMsOfTree } from './cpu.ts'
import { declareAll, quantile, signedInHolders } from './declare-load.ts'
import { countEnds, growExpired, lapsePlainly, settle } from './expiry-fleet.ts'
import { type BenchInstallation, openInstallation, readSettings } from './installation.ts'
import { report } from './report.ts'
import { startServe } from './serve-process.ts'

// Cards that lapse a second, as the worker's sweep does it, against one plain set-based statement doing the same
// posting on as many of the same rows in the same run; with --beside-declare also what it does to declarations.
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    'beside-declare': { type: 'boolean', default: false },
    rate: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '30' },
    set: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
})
const count = Number(values.count)
const goal_per_second = 25_000
const [swept, plain, beside] = ['leb', 'roamly', 'sinotravel'] as const

const at = await openInstallation([], readSettings(values.set))
// The owner's password is the server's (embedded-postgres.ts).
const adminUrl = at.databaseUrl.replace('//leb:', '//postgres:')
try {
  for (const issuerId of [swept, plain, beside]) await lapsingIssuer(at, issuerId)
  await growExpired(adminUrl, swept, count)
  await growExpired(adminUrl, plain, count)
  await settle(adminUrl, true)
  const cpu = async () => ((await cpuMsOfTree(at.postgresPid)) * 1000) / count
  const cpuAtStart = await cpu()
  const plainSeconds = await lapsePlainly(adminUrl, plain)
  const cpuOfPlain = (await cpu()) - cpuAtStart
  await settle(adminUrl, false)
  const cpuBefore = await cpu()
  const seconds = await sweep(at, swept)
  const cpuOfSweep = (await cpu()) - cpuBefore
  await proveEnds(swept)
  const declare = values['beside-declare'] ? await besideDeclare(at) : {}
  report(
    {
      name: 'expiry',
      value: count / seconds,
      unit: 'cards/s',
      reference: count / plainSeconds,
      ratio: plainSeconds / seconds,
      detail: {
        cards: count,
        'goal cards/s': goal_per_second,
        'seconds, swept': seconds,
        'seconds, one plain statement': plainSeconds,
        'PostgreSQL CPU µs a card, swept': cpuOfSweep,
        'PostgreSQL CPU µs a card, plain': cpuOfPlain,
        'what the statement leaves out': 'rules by jurisdiction, holds, closings, warnings, record and mail',
        ...declare,
      },
    },
    values.json,
  )
} finally {
  await at.stop()
}

/** An issuer that lets balances lapse where the law lets it: holders of the bench live in Switzerland. */
async function lapsingIssuer(at: BenchInstallation, issuerId: string): Promise<void> {
  const issuer = (await findIssuer(at.ctx.db, issuerId))!
  const rules = { ...issuer.rules, money: { at_expiry: { kind: 'lapse' as const } } }
  await putIssuer(at.ctx.db, { ...issuer, rules }, at.ctx.clock.now())
}

async function sweep(at: BenchInstallation, issuerId: string): Promise<number> {
  const issuer: Issuer = (await findIssuer(at.ctx.db, issuerId))!
  const started = performance.now()
  const ended = countCards(await lapseDue(at.ctx, issuer, at.ctx.clock.now()))
  if (ended !== count) throw new Error(`${ended} of ${count} cards ended`)
  return (performance.now() - started) / 1000
}

async function proveEnds(issuerId: string): Promise<void> {
  const { open, entries, records, wrong } = await countEnds(adminUrl, issuerId)
  if (open !== 0 || entries !== count || records !== count || wrong)
    throw new Error(`after the sweep: ${JSON.stringify({ open, entries, records, wrong })}`)
}

/** p99 from declaration to slip, first alone, then while as many cards lapse; the sweep is as long as it is. */
async function besideDeclare(at: BenchInstallation): Promise<Record<string, unknown>> {
  const rate = Number(values.rate)
  const of = (seconds: number, seed: number) => signedInHolders(at, Math.ceil(rate * seconds), seed)
  const length = Number(values.seconds)
  const [warm, alone, together] = [await of(2, 1), await of(length, 2), await of(length, 3)]
  await growExpired(adminUrl, beside, count)
  await settle(adminUrl, true)
  // Each declaration comes from an address of its own, or the rate limit would be measured.
  const serving = await startServe(at, { LEB_TRUST_PROXY: '1' })
  try {
    const { url } = serving
    await declareAll(url, warm, rate)
    const without = await declareAll(url, alone, rate)
    const sweeping = sweep(at, beside)
    const during = await declareAll(url, together, rate)
    const seconds = await sweeping
    return {
      'declarations a second beside it': rate,
      'declare p99 ms without': quantile(without, 0.99),
      'declare p99 ms beside it': quantile(during, 0.99),
      'declare p50 ms without': quantile(without, 0.5),
      'declare p50 ms beside it': quantile(during, 0.5),
      'cards/s beside it': count / seconds,
      'seconds of both': Math.min(seconds, length),
    }
  } finally {
    await serving.stop()
  }
}
