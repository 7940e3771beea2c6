import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { sampleIssuers } from '../../src/issuer/sample-issuers.ts'
import { openDb, openPool } from '../../src/platform/db.ts'
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { projectFile } from '../../src/platform/project.ts'
import { openTestWorld, type TestWorld } from '../harness.ts'
import { openLossyWay } from '../lossy-database.ts'
import { seedCard } from '../seed.ts'

/** `leb ledger statement --csv` is there whole or not at all, however it ends. */

let ctx: TestWorld
let root: string
let dir: string
let csv: string
const children = new Set<ChildProcess>()
beforeAll(async () => {
  ctx = await openTestWorld()
  await seedCard(ctx, { balance: 1000n })
  root = await mkdtemp(join(tmpdir(), 'leb-cut-short-'))
  await chmod(root, 0o755)
})
beforeEach(async () => {
  dir = await mkdtemp(join(root, 'one-'))
  await chmod(dir, 0o755)
  csv = join(dir, 'out', 'out.csv')
  await mkdir(join(dir, 'out'))
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await ctx.stop()
  await rm(root, { recursive: true, force: true })
})

function statement(account: string, settings: Record<string, string>) {
  const args = ['ledger', 'statement', '--issuer', 'leb', '--account', account, '--csv', csv]
  const child = spawn(process.execPath, [projectFile('bin', 'start.mjs'), ...args], {
    env: { ...process.env, LEB_LOG: 'silent', LEB_DATA: dir, LEB_KEYS: ctx.config.dataDir, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
  children.add(child)
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, said }))
  return { child, ended }
}
const files = async () => (await readdir(join(dir, 'out'))).toSorted()
const rows = async () => parse(await readFile(csv, 'utf8')) as string[][]

it.each([
  ['SIGINT', []],
  ['SIGTERM', []],
  ['SIGHUP', []],
  // Nobody hears that: the next one clears it away.
  ['SIGKILL', ['out.csv.part']],
] as const)('told by %s in the middle, leaves %j, and the next one is whole', async (signal, left) => {
  const way = await openLossyWay(ctx.databaseUrl)
  const reading = way.hold('order by e.seq limit $')
  const { child, ended } = statement('opening', { DATABASE_URL: way.url })
  await Promise.race([reading, ended.then((end) => expect(end).toBe('not ended'))])
  await expect.poll(files).toEqual(['out.csv.part'])
  child.kill(signal)
  expect(await ended).toEqual({ code: null, signal, said: '' })
  expect(await files()).toEqual(left)
  await way.close()

  const next = statement('opening', { DATABASE_URL: ctx.databaseUrl })
  expect(await next.ended).toMatchObject({ code: 0 })
  expect(await files()).toEqual(['out.csv'])
  expect((await stat(csv)).mode & 0o777).toBe(0o600)
  expect((await rows()).map((row) => row[2]).at(-1)).toBe('Closing balance')
})

// Ten batches, so that it is told in the middle.
const entries = 50_000

/** Books with one long account. */
async function fill(server: { url: string; adminUrl: string }): Promise<void> {
  await migrate(server.url)
  const db = openDb(openPool(server.url, 1, 'test'))
  await putIssuer(db, sampleIssuers()[0]!, new Date('2026-11-28T10:00:00Z'))
  await db.destroy()
  const admin = new URL(server.adminUrl)
  admin.pathname = new URL(server.url).pathname
  const client = new pg.Client({ connectionString: admin.href })
  await client.connect()
  const account = '00000000-0000-4000-8000-000000000000'
  try {
    await client.query('set session_replication_role = replica')
    await client.query(`
      insert into ledger_account (issuer_id, account_id, kind, currency, balance)
      values ('leb', '${account}', 'revenue', 'CNY', ${entries})`)
    await client.query(`
      with n as (select n, ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid as id
                   from generate_series(1, ${entries}) n),
           p as (insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
                 select 'leb', id, n::text, '', 'correction', now() from n)
      insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
      select 'leb', id, 1, '${account}', 1 from n order by n`)
  } finally {
    await client.end()
  }
}

it('leaves nothing with the PostgreSQL that comes along either, which it lets go first', async () => {
  const data = join(dir, 'data')
  // It runs already, and is joined by each of them.
  const server = await startEmbeddedPostgres({ dir: data })
  try {
    await fill(server)
    const { child, ended } = statement('revenue', { LEB_DATA: data })
    await expect.poll(files, { interval: 3, timeout: 20_000 }).not.toEqual([])
    child.kill('SIGTERM')
    expect(await ended).toEqual({ code: 143, signal: null, said: '' })
    expect(await files()).toEqual([])
    const next = statement('revenue', { LEB_DATA: data })
    expect(await next.ended).toMatchObject({ code: 0 })
    expect(await rows()).toHaveLength(entries + 3)
  } finally {
    await server.stop()
  }
})
