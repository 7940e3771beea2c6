import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, seedCards, type Seeded } from '../../test/seed.ts'
import { inIssuer, openDb, openPool } from '../platform/db.ts'
import { putSampleCatalogue } from '../plan/sample-catalogue.ts'
import { importUsage } from './import-usage.ts'
import { importUsageCommand } from './import-usage-command.ts'
import { lateUsageCommand } from './late-usage.ts'
import { cutsCommand } from './list-cuts.ts'
import { usageKeyAddCommand, usageKeyListCommand, usageKeyRevokeCommand } from './usage-key-command.ts'
import { issuerOfUsageKey } from './usage-key.ts'

let leb: TestWorld
let dir: string
let card: Seeded
beforeAll(async () => {
  leb = await openTestWorld()
  await putSampleCatalogue(leb, ['leb'])
  dir = await mkdtemp(join(tmpdir(), 'leb-usage-'))
  card = await seedCard(leb, { balance: 0n })
})
afterAll(async () => {
  await leb.stop()
  await rm(dir, { recursive: true })
})

const header = 'issuer,record_id,iccid,kind,quantity,country,used_at'
const row = (id: string, over: Partial<Record<string, string>> = {}) =>
  [
    over.issuer ?? 'leb',
    id,
    over.iccid ?? card.iccid,
    over.kind ?? 'data',
    over.quantity ?? '1',
    over.country ?? 'JP',
    over.usedAt ?? '2026-11-22T09:00:00Z',
  ].join(',')

/** What a run without --json prints. */
async function inWords(lines: string[]): Promise<string> {
  const file = join(dir, 'words.csv')
  await writeFile(file, lines.join('\n'))
  let said = ''
  const rejects = join(dir, 'words.bad')
  const out = (text: string) => void (said += text)
  await importUsageCommand(leb, { file, rejects, json: false, progress: false, out })
  return said
}

async function take(lines: string[] | Buffer) {
  const file = join(dir, 'usage.csv')
  const rejects = join(dir, 'bad.csv')
  await writeFile(file, Array.isArray(lines) ? lines.join('\n') : lines)
  let [said, err] = ['', '']
  const exit = await importUsageCommand(leb, {
    file,
    rejects,
    json: true,
    progress: false,
    out: (text) => void (said += text),
    err: (text) => void (err += text),
  })
  return {
    exit,
    err,
    said: said && (JSON.parse(said) as object),
    rejects: exit === 0 ? await readFile(rejects, 'utf8') : '',
  }
}
const printed = async (command: (out: (text: string) => void) => Promise<number>) => {
  let said = ''
  const exit = await command((text) => void (said += text))
  return { exit, said: JSON.parse(said) as Record<string, unknown> }
}

const ids = (cards: Seeded[]) => cards.map((one) => one.cardId)
/** Balance and plan of each card, in the order given. */
async function leftOn(cards: Seeded[]) {
  const { rows } = await inIssuer(leb.db, 'leb', (tx) =>
    sql<object>`select l.balance, c.data_left_mb, c.voice_left_s from unnest(${ids(cards)}::uuid[]) with ordinality as r (card_id, ord)
      join card c on c.card_id = r.card_id join ledger_account l on l.card_id = r.card_id order by r.ord`.execute(
      tx,
    ),
  )
  return rows
}

it('takes every row in or says why not, and again changes nothing', async () => {
  const lines = [
    header,
    row('a1'),
    row('a2', { quantity: '511' }),
    row('a3', { iccid: '8999901999999999999' }),
    row('a4', { quantity: '1.5' }),
    row('a5', { issuer: 'nobody' }),
    row('a1', { quantity: '7' }),
    row('a1'),
    'leb,short',
    row('"a6', {}),
    row('=1+1', { usedAt: '2027-01-01T00:00:00Z' }),
    row('a7', { country: 'KR' }),
  ]
  const first = await take(lines)
  expect(first.said).toEqual({
    rows: 11,
    taken: 3,
    outcomes: { from_bucket: 2, out_of_zone: 1 },
    unchanged: 1,
    rejected: 7,
  })
  const reasons = first.rejects.split('\n').slice(1, -1)
  expect(reasons.map((line) => /^(\d+),"?([a-z_]+):/.exec(line)?.slice(1))).toEqual([
    ['4', 'unknown_card'],
    ['5', 'bad_quantity'],
    ['6', 'issuer_not_set_up'],
    ['7', 'key_reused'],
    ['9', 'missing_columns'],
    ['10', 'broken_quotes'],
    ['11', 'used_in_future'],
  ])
  expect((await stat(join(dir, 'bad.csv'))).mode & 0o077).toBe(0)
  expect((await take(lines)).said).toMatchObject({ taken: 0, unchanged: 4, rejected: 7 })
})

it('tells every reason of a row at once', async () => {
  const wrong = { issuer: 'nobody', kind: 'fax', quantity: '0', country: 'D', usedAt: 'yesterday' }
  const { rejects } = await take([header, row('b 1', wrong), row('b2', { iccid: '12', kind: 'fax' })])
  const codes = rejects
    .split('\n')
    .slice(1, -1)
    .map((line) => [...line.matchAll(/(issuer_not_set_up|bad_[a-z_]+):/g)].map(([, code]) => code))
  expect(codes).toEqual([
    ['issuer_not_set_up', 'bad_record_id', 'bad_kind', 'bad_quantity', 'bad_place', 'bad_used_at'],
    ['bad_card', 'bad_kind'],
  ])
})

it('killed half-way, the same call goes on to the same end: nothing lost, nothing twice', async () => {
  const cards = await seedCards(
    leb,
    Array.from({ length: 20 }, () => ({ balance: 100_000n })),
  )
  const file = join(dir, 'killed.csv')
  const lines = Array.from({ length: 1500 }, (_, at) =>
    row(`k${at}`, {
      iccid: cards[at % cards.length]!.iccid,
      quantity: '9',
      kind: at % 3 === 0 ? 'voice' : 'data',
    }),
  )
  await writeFile(file, [header, ...lines].join('\n'))
  const script = join(import.meta.dirname, 'usage-child.fixture.ts')
  const rejects = join(dir, 'killed.out')
  const args = [script, leb.databaseUrl, file, rejects, leb.config.dataDir, '200']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  expect(await once(child, 'close')).toEqual([null, 'SIGKILL'])

  const summary = await importUsage(leb, { file, rejects: join(dir, 'killed.bad') })
  expect(summary).toMatchObject({ rows: 1500, rejected: 0 })
  expect(summary.unchanged).toBeGreaterThanOrEqual(200)
  expect(summary.taken).toBeGreaterThan(0)
  expect(summary.taken + summary.unchanged).toBe(1500)
  const { rows } = await inIssuer(leb.db, 'leb', (tx) =>
    sql<{ records: bigint; units: bigint; gross: bigint; debited: bigint }>`
      select count(*) as records, sum(quantity)::bigint as units, sum(gross_minor)::bigint as gross,
             (select sum(100000 - balance)::bigint from ledger_account where card_id = any (${ids(cards)}::uuid[])) as debited
        from usage_record where record_id like 'k%' and card_id = any (${ids(cards)}::uuid[])`.execute(tx),
  )
  const { records, units, gross, debited } = rows[0]!
  expect([records, units]).toEqual([1500n, 13_500n])
  expect(debited).toBe(gross)
  // Whatever was taken from where: one import of the same rows, on cards like these, takes the same.
  const twins = await seedCards(
    leb,
    Array.from({ length: 20 }, () => ({ balance: 100_000n })),
  )
  const other = lines.map((line, at) =>
    line.replace(`k${at},${cards[at % 20]!.iccid}`, `t${at},${twins[at % 20]!.iccid}`),
  )
  await writeFile(file, [header, ...other].join('\n'))
  expect((await importUsage(leb, { file, rejects: join(dir, 'killed.bad') })).taken).toBe(1500)
  expect(await leftOn(twins)).toEqual(await leftOn(cards))
})

it('does nothing with a file that is none', async () => {
  expect(await take(['issuer,record_id,iccid,kind,quantity,used_at'])).toMatchObject({ exit: 2 })
  const answer = await take(Buffer.from([0xff, 0xfe, 0x41, 0x00]))
  expect(answer.exit).toBe(2)
  expect(answer.err).toContain('not UTF-8')
})

it('shows staff what nobody pays, and which lines are off', async () => {
  await take([header, row('late', { usedAt: '2026-11-22T09:30:00Z' }), row('dry', { quantity: '5' })])
  const late = await printed((out) => lateUsageCommand(leb, { json: true, out }))
  expect(late.said.late).toEqual([
    expect.objectContaining({ recordId: 'a7', outcome: 'out_of_zone', place: 'KR' }),
  ])
  leb.clock.advance({ days: 40 })
  expect(
    (await printed((out) => lateUsageCommand(leb, { issuer: 'leb', json: true, out }))).said.late,
  ).toEqual([])
  await expect(lateUsageCommand(leb, { days: '0' })).rejects.toThrow(/--days/)
  const cuts = await printed((out) => cutsCommand(leb, { json: true, out }))
  expect(cuts.said.cuts).toEqual([expect.objectContaining({ iccid: card.iccid, state: 'cutting' })])
})

it('makes keys that are shown once, listed without their secret, and revoked', async () => {
  const made = await printed((out) =>
    usageKeyAddCommand(leb, { issuer: 'leb', name: 'core', json: true, out }),
  )
  const { key, keyId } = made.said as { key: string; keyId: string }
  expect(await issuerOfUsageKey(leb, key)).toBe('leb')
  const list = await printed((out) => usageKeyListCommand(leb, { issuer: 'leb', json: true, out }))
  expect(list.said.keys).toMatchObject([{ keyId, name: 'core', revokedAt: null }])
  expect(JSON.stringify(list.said)).not.toContain(key.split('.')[3])
  expect(
    (await printed((out) => usageKeyRevokeCommand(leb, { issuer: 'leb', key: keyId, json: true, out }))).exit,
  ).toBe(0)
  expect(
    (await printed((out) => usageKeyRevokeCommand(leb, { issuer: 'leb', key: keyId, json: true, out }))).exit,
  ).toBe(1)
  leb.clock.advance({ seconds: 11 })
  expect(await issuerOfUsageKey(leb, key)).toBeUndefined()
  await expect(usageKeyAddCommand(leb, { issuer: 'nobody' })).rejects.toThrow(/there is no issuer/)
})

it('says in words how what was taken in ended', async () => {
  const said = await inWords([header, row('w1'), row('w2', { country: 'KR' })])
  expect(said).toMatch(/^2 rows: 2 taken in, 0 rejected, 0 unchanged\n/)
  expect(said).toMatch(/ 1 {2}out_of_zone: used where the card does not work, and not charged\n/)
})

it('says that it was told to stop, which is no fault to be logged', async () => {
  const pool = openPool(leb.databaseUrl, 2, 'test')
  await pool.end()
  const logged: string[] = []
  const log = { ...leb.log, error: (message: string) => void logged.push(message) }
  const file = join(dir, 'told.csv')
  await writeFile(file, [header, row('told')].join('\n'))
  let err = ''
  const exit = await importUsageCommand(
    { ...leb, log, pool, db: openDb(pool) },
    { file, rejects: join(dir, 'told.bad'), json: true, progress: false, err: (text) => void (err += text) },
  )
  expect({ exit, logged }).toEqual({ exit: 2, logged: [] })
  expect(err).toMatch(/stopped after 0 rows \(told to stop\)/)
})
