import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { inIssuer } from '../platform/db.ts'
import { findHolders, readPerson } from '../privacy/vault.ts'
import { findCardByIccid } from './card-store.ts'
import { type FleetFields, fleetColumns } from './fleet-columns.ts'
import { luhnDigit } from './iccid.ts'
import { importCommand } from './import-command.ts'
import { importFleet } from './import-fleet.ts'
import { sampleFleet, sampleFleetCsv } from './sample-fleet.ts'

let world: TestWorld
let dir: string
beforeAll(async () => {
  world = await openTestWorld()
  dir = await mkdtemp(join(tmpdir(), 'leb-import-'))
})
afterAll(async () => {
  await world.stop()
  await rm(dir, { recursive: true })
})

const [demo] = [...sampleFleet(1)]
let serial = 0
/** A good row of its own account, or one made faulty by `change`. */
function row(change: Partial<FleetFields> = {}): FleetFields {
  const digits = `89999030${String(++serial).padStart(10, '0')}`
  return { ...demo!, account_ref: `T${serial}`, iccid: digits + luhnDigit(digits), ...change }
}
const line = (fields: FleetFields) => fleetColumns.map((name) => fields[name]).join(',')
const fileOf = (lines: string[]) => [fleetColumns.join(','), ...lines].join('\n') + '\n'

async function run(content: string | Buffer, name = 'fleet.csv') {
  const file = join(dir, name)
  const rejects = join(dir, 'rejects.csv')
  await writeFile(file, content)
  const said = { out: '', err: '' }
  const code = await importCommand(world, {
    file,
    rejects,
    json: true,
    progress: false,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
  })
  const rejected = code === 0 ? parse(await readFile(rejects, 'utf8'), { from_line: 2 }) : []
  return {
    code,
    ...said,
    summary: said.out && JSON.parse(said.out),
    rejected: rejected as unknown as string[][],
  }
}
const codes = (reasons: string) => reasons.split('; ').map((part) => part.split(':')[0])

describe('leb import', () => {
  test('takes the sample fleet once, with person, balance and books that add up', async () => {
    const shipped = await readFile(join(import.meta.dirname, '../../demo/fleet.csv'), 'utf8')
    expect(shipped).toBe(sampleFleetCsv())
    expect((await run(shipped)).summary).toEqual({ rows: 200, imported: 200, rejected: 0, unchanged: 0 })
    // The planner knows at once how many there are: without that it takes a table for empty.
    const { rows } = await world.pool.query(
      `select relname from pg_class where relname in ('card', 'vault_index') and reltuples >= 200`,
    )
    expect(rows).toHaveLength(2)
    expect((await run(shipped)).summary).toEqual({ rows: 200, imported: 0, rejected: 0, unchanged: 200 })
    await inIssuer(world.db, 'leb', async (tx) => {
      const card = await findCardByIccid(tx, 'leb', demo!.iccid)
      expect(card).toMatchObject({ accountRef: 'DEMO-0001', balance: { amount: 8640n, currency: 'CNY' } })
      const [holder, ...others] = await findHolders(world, tx, {
        issuerId: 'leb',
        kind: 'email',
        value: demo!.email,
      })
      expect(others).toEqual([])
      const person = await readPerson(world, tx, 'leb', holder!)
      expect(person).toMatchObject({ name: '林小满', phone: demo!.phone, residence: 'CN' })
      expect(person!.lines.size).toBe(2)
      const { rows } = await sql<{ off: bigint }>`
        select coalesce(sum(abs(b.balance - b.entries)), 0)::bigint + abs(coalesce(sum(b.balance), 0))::bigint as off
          from (select a.balance, coalesce((select sum(amount) from ledger_entry e
                  where e.issuer_id = a.issuer_id and e.account_id = a.account_id), 0) as entries
                  from ledger_account a) b`.execute(tx)
      expect(rows[0]!.off).toBe(0n)
    })
  })

  test('gives every reason, the line and the text as it was', async () => {
    const bad = row({
      plan: 'LEB4',
      balance: '-1.00',
      currency: 'JPY',
      paid_amount: '1.5',
      email: '',
      phone: '',
    })
    const twin = row()
    const lines = [line(row()), line(bad), line(twin), line(twin), 'a,b', `=1+1,${line(row()).slice(4)}`]
    const { summary, rejected } = await run(fileOf(lines))
    expect(summary).toEqual({ rows: 6, imported: 2, rejected: 4, unchanged: 0 })
    expect(rejected.map(([at, reasons, text]) => [at, codes(reasons!), text])).toEqual([
      ['3', ['no_contact', 'unknown_plan', 'negative_balance', 'paid_amount_digits'], lines[1]],
      ['5', ['duplicate_iccid'], lines[3]],
      ['6', ['missing_columns'], 'a,b'],
      ['7', ['issuer_not_set_up'], `'${lines[5]}`],
    ])
  })

  test('never writes over what is known', async () => {
    const first = row()
    await run(fileOf([line(first)]))
    const other = row({ account_ref: first.account_ref, holder_name: '别人' })
    const { summary, rejected } = await run(fileOf([line({ ...first, balance: '99.00' }), line(other)]))
    expect(summary).toEqual({ rows: 2, imported: 0, rejected: 2, unchanged: 0 })
    expect(rejected.map(([, reasons]) => codes(reasons!))).toEqual([
      ['changed_since_import'],
      ['account_person_differs'],
    ])
  })

  test('two imports of one file at the same moment take each row once', async () => {
    const ref = `T${++serial}`
    const file = join(dir, 'twice.csv')
    await writeFile(file, fileOf(Array.from({ length: 60 }, () => line(row({ account_ref: ref })))))
    const both = await Promise.all(
      ['a', 'b'].map((name) => importFleet(world, { file, rejects: join(dir, name), batchRows: 7 })),
    )
    expect(both.map((s) => s.rejected)).toEqual([0, 0])
    expect(both[0]!.imported + both[1]!.imported).toBe(60)
    expect(both[0]!.unchanged + both[1]!.unchanged).toBe(60)
  })

  test('killed half-way, the same call goes on to the same end', async () => {
    const file = join(dir, 'killed.csv')
    await writeFile(
      file,
      fileOf(Array.from({ length: 2000 }, (_, at) => line(row({ account_ref: `K${at % 700}` })))),
    )
    const script = join(import.meta.dirname, 'import-child.fixture.ts')
    const keys = world.config.dataDir
    const args = [script, world.databaseUrl, keys, file, join(dir, 'killed.out'), '200']
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])
    const summary = await importFleet(world, { file, rejects: join(dir, 'killed.out') })
    expect(summary.unchanged).toBeGreaterThanOrEqual(200)
    expect(summary.imported).toBeGreaterThan(0)
    expect(summary.imported + summary.unchanged).toBe(2000)
    const opened = await inIssuer(world.db, 'leb', (tx) =>
      tx
        .selectFrom('account')
        .select((e) => e.fn.countAll<bigint>().as('count'))
        .where('issuer_id', '=', 'leb')
        .where('account_ref', 'like', 'K%')
        .executeTakeFirstOrThrow(),
    )
    expect(opened.count).toBe(700n)
  })

  test('any mix of good and bad rows is accounted for, and a second run changes nothing', async () => {
    const faults: Partial<FleetFields>[] = [
      {},
      {},
      { balance: '-1' },
      { iccid: '8999903000000000000' },
      { currency: 'XXQ' },
      { holder_name: '"a' },
      { sold_at: '2026-02-30T00:00:00Z' },
      { eid: '1' },
    ]
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(faults.length - 1), { maxLength: 30 }), async (picks) => {
        const content = fileOf(picks.map((pick) => line(row(faults[pick]))))
        const good = picks.filter((pick) => pick < 2).length
        const rest = { rows: picks.length, rejected: picks.length - good }
        expect((await run(content)).summary).toEqual({ ...rest, imported: good, unchanged: 0 })
        expect((await run(content)).summary).toEqual({ ...rest, imported: 0, unchanged: good })
      }),
      { seed: 20261122, numRuns: 25 },
    )
  })

  test('is done also while somebody tidies a table, who is not waited for', async () => {
    const other = await world.pool.connect()
    await other.query('begin; set role none; lock table card in share update exclusive mode')
    const before = performance.now()
    const done = await run(fileOf([line(row())]))
    const waitedMs = performance.now() - before
    await other.query('rollback')
    other.release(true)
    expect(done).toMatchObject({ code: 0, summary: { imported: 1 } })
    expect(waitedMs).toBeLessThan(8_000)
  })
})

describe('a file that is no fleet', () => {
  const good = () => fileOf([line(row())])
  const refusals: [string, () => string | Buffer, RegExp][] = [
    ['UTF-16', () => Buffer.from(`\uFEFF${good()}`, 'utf16le'), /UTF-16/],
    [
      'Latin-1 on line 2',
      () => Buffer.from(good().replace('林小满', 'Müller'), 'latin1'),
      /line 2, byte \d+/,
    ],
    ['empty', () => '', /is empty/],
    ['semicolons', () => good().replaceAll(',', ';'), /separated by ";"/],
    ['a column short', () => good().replace('imsi,', ''), /lacks imsi/],
  ]
  test.each(refusals)('%s is refused in one sentence', async (_, content, words) => {
    const answer = await run(content())
    expect(answer).toMatchObject({ code: 2, out: '' })
    expect(answer.err).toMatch(words)
    expect(answer.err.trim().split('\n')).toHaveLength(1)
  })

  test('a byte order mark is no obstacle', async () => {
    expect((await run(`\uFEFF${good()}`)).summary).toMatchObject({ imported: 1, rejected: 0 })
  })

  test('the reject file may not be the fleet itself', async () => {
    const file = join(dir, 'same.csv')
    await writeFile(file, good())
    await expect(importFleet(world, { file, rejects: file })).rejects.toThrow(/names the fleet file itself/)
    await expect(importFleet(world, { file, rejects: join(dir, 'no/such/dir') })).rejects.toThrow(
      /can't be written/,
    )
    await expect(importFleet(world, { file: join(dir, 'none'), rejects: file })).rejects.toThrow(
      /there is no file/,
    )
    expect(await readFile(file, 'utf8')).toContain(',T')
  })
})
