import { statfs } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { putSampleCatalogue } from '../src/plan/sample-catalogue.ts'
import { inIssuer } from '../src/platform/db.ts'
import { addUsageKey } from '../src/usage/usage-key.ts'
import { cpuMsOfTree } from './cpu.ts'
import { type BenchInstallation, openInstallation, readSettings } from './installation.ts'
import { reserveHugePages } from './huge-pages.ts'
import { growFleet } from './ledger-fleet.ts'
import { measurePgbench, type Pgbench } from './pgbench.ts'
import { report } from './report.ts'
import { type Serving, startServe } from './serve-process.ts'
import { type Load, sendUsage } from './usage-load.ts'

// Usage debits through HTTP, micro-batched, against pgbench calling the same posting function one per transaction on
// the same server in the same run; and the same at growing numbers of accounts.
const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '1,100000,10000000' },
    seconds: { type: 'string', default: '15' },
    batch: { type: 'string', default: '100' },
    /** Each waits for its answer before it sends on. Two keep both cores busy; more of them wait for each other. */
    senders: { type: 'string', default: '2' },
    set: { type: 'string', multiple: true, default: [] },
    'no-huge-pages': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const sizes = values.accounts.split(',').map(Number)
const seconds = Number(values.seconds)
const goal_p99_ms = 100
// Card, balance and their indexes, with the room that filling them takes.
const bytes_an_account = 1_500

type Seen = Load & {
  accounts: number
  reference: Pgbench
  cpu: { serve: number; postgres: number }
  /** What a record wrote into PostgreSQL's log, and whole pages of it. */
  log: { bytes: number; wholePages: number; checkpoints: number }
}

await checkDisk(Math.max(...sizes))
const settings = readSettings(values.set)
if (!values['no-huge-pages']) await reserveHugePages(settings)
const at = await openInstallation([], settings)
let serving: Serving | undefined
try {
  await putSampleCatalogue(at.ctx, ['leb'])
  const { token } = await addUsageKey(at.ctx, { issuerId: 'leb', name: 'bench' })
  const served = await startServe(at, {})
  serving = served
  const seen: Seen[] = []
  let have = 0
  for (const accounts of sizes) {
    await growFleet(adminUrl(at), have, accounts)
    have = Math.max(have, accounts)
    const load = {
      url: served.url,
      token,
      accounts,
      perBatch: Number(values.batch),
      senders: Number(values.senders),
    }
    await sendUsage({ ...load, seconds: warmUpSeconds(accounts) })
    const before = await moneyMoved(at)
    const [cpuBefore, logBefore] = [await cpuNow(at, served), await logNow(at)]
    const measured = await sendUsage({ ...load, seconds })
    const [cpuAfter, logAfter] = [await cpuNow(at, served), await logNow(at)]
    await proveAll(at, before, measured)
    const perRecord = (part: 'serve' | 'postgres') =>
      Math.round(((cpuAfter[part] - cpuBefore[part]) * 1000) / measured.records)
    const cpu = { serve: perRecord('serve'), postgres: perRecord('postgres') }
    const log = {
      bytes: Math.round((logAfter.bytes - logBefore.bytes) / measured.records),
      wholePages: Math.round(((logAfter.pages - logBefore.pages) * 100) / measured.records) / 100,
      checkpoints: logAfter.checkpoints - logBefore.checkpoints,
    }
    const reference = await measurePgbench(
      at.databaseUrl,
      accounts,
      Math.ceil(seconds / 3),
      at.ctx.config.dataDir,
    )
    seen.push({ ...measured, accounts, reference, cpu, log })
    process.stderr.write(`  ${accounts} accounts: ${Math.round(measured.perSecond)} records/s\n`)
  }
  tell(seen, await hugePagesOf(at))
} finally {
  await serving?.stop()
  await at.stop()
}

/**
 * Until plans are made, code is compiled and pages are read in, nothing is counted. After a checkpoint each page goes whole
 * into the log once, when it is first changed: of ten million cards that takes most of a minute, and then does not come
 * again for a quarter of an hour.
 */
function warmUpSeconds(accounts: number): number {
  return Math.max(Math.min(5, seconds), accounts / 200_000)
}

function tell(seen: Seen[], hugePages: string): void {
  // The size that both are compared at: the middle one, where neither one hot card nor the disk decides.
  const main = seen[Math.floor(seen.length / 2)]!
  const reference = 'missing' in main.reference ? null : main.reference.perSecond
  if ('missing' in main.reference) process.stderr.write(`  ${main.reference.missing}\n`)
  const [first, last] = [seen[0]!, seen.at(-1)!]
  const bySize = (of: (one: Seen) => number | null) =>
    Object.fromEntries(seen.map((one) => [one.accounts, of(one)]))
  report(
    {
      name: 'ledger',
      value: main.perSecond,
      unit: 'usage debits a second',
      reference,
      ratio: reference === null ? null : main.perSecond / reference,
      detail: {
        'at accounts': main.accounts,
        'p99 ms a batch': main.p99Ms,
        'p99 within goal': seen.every((one) => one.p99Ms < goal_p99_ms),
        'p50 ms a batch': main.p50Ms,
        'records a batch': Number(values.batch),
        'senders at once': Number(values.senders),
        'records/s by accounts': bySize((one) => Math.round(one.perSecond)),
        'p99 ms by accounts': bySize((one) => Math.round(one.p99Ms)),
        'pgbench/s by accounts': bySize((one) =>
          'missing' in one.reference ? null : Math.round(one.reference.perSecond),
        ),
        'pgbench clients': 'missing' in main.reference ? null : main.reference.clients,
        // Says the same on a busy machine as on an idle one.
        'CPU µs a record by accounts': Object.fromEntries(seen.map((one) => [one.accounts, one.cpu])),
        'log a record by accounts': Object.fromEntries(seen.map((one) => [one.accounts, one.log])),
        'huge pages': hugePages,
        'last size against first': last.perSecond / first.perSecond,
      },
    },
    values.json,
  )
}

/** `on`, `off`, or `unknown` to a server before PostgreSQL 17. */
async function hugePagesOf({ ctx }: BenchInstallation): Promise<string> {
  const { rows } = await ctx.pool.query<{ status: string | null }>(
    `select current_setting('huge_pages_status', true) as status`,
  )
  return rows[0]!.status ?? 'unknown'
}

/** CPU that the server and PostgreSQL have used, ms. */
async function cpuNow(on: BenchInstallation, served: Serving): Promise<{ serve: number; postgres: number }> {
  const [serve, postgres] = await Promise.all([cpuMsOfTree(served.pid), cpuMsOfTree(on.postgresPid)])
  return { serve, postgres }
}

/** What went into the log so far, in bytes and in whole pages (after each checkpoint, a page's first change), and how many checkpoints came. */
async function logNow({
  ctx,
}: BenchInstallation): Promise<{ bytes: number; pages: number; checkpoints: number }> {
  const { rows } = await ctx.pool.query<{ bytes: string; pages: string; checkpoints: string }>(
    `select wal_bytes::text as bytes, wal_fpi::text as pages, (num_timed + num_requested)::text as checkpoints
       from pg_stat_wal, pg_stat_checkpointer`,
  )
  const { bytes, pages, checkpoints } = rows[0]!
  return { bytes: Number(bytes), pages: Number(pages), checkpoints: Number(checkpoints) }
}

/** What the house has earned by usage, tax included, in minor units, and for how many records. */
async function moneyMoved({ ctx }: BenchInstallation): Promise<{ gross: bigint; records: bigint }> {
  return inIssuer(ctx.db, 'leb', async (tx) => {
    const { rows } = await sql<{ gross: string; records: bigint }>`
      select (select coalesce(sum(balance), 0)::text from ledger_account
               where card_id is null and kind in ('revenue', 'tax_payable')) as gross,
             (select count(*) from ledger_entry where key is not null) as records`.execute(tx)
    return { gross: BigInt(rows[0]!.gross), records: rows[0]!.records }
  })
}

/** Every record that was answered as charged is in the books, once and whole; otherwise the figure is worth nothing. */
async function proveAll(
  at: BenchInstallation,
  before: { gross: bigint; records: bigint },
  load: Load,
): Promise<void> {
  const after = await moneyMoved(at)
  const records = after.records - before.records
  const gross = after.gross - before.gross
  if (records !== BigInt(load.records) || gross !== load.chargedMinor)
    throw new Error(
      `${load.records} records were charged ${load.chargedMinor}, the books have ${records} and ${gross}`,
    )
}

async function checkDisk(accounts: number): Promise<void> {
  const { bavail, bsize } = await statfs(process.env.TMPDIR ?? '/tmp')
  const free = bavail * bsize
  if (free > accounts * bytes_an_account * 2 + 10e9) return
  process.stderr.write(
    `${Math.round(free / 1e9)} GB are free where the bench would put ${accounts} accounts: give fewer with --accounts 1,100000\n`,
  )
  process.exit(1)
}

/** The superuser of the bench's own server; it has the same password. */
function adminUrl({ databaseUrl }: BenchInstallation): string {
  const url = new URL(databaseUrl)
  url.username = 'postgres'
  return url.href
}
