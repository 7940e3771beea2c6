import { existsSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer } from '../platform/db.ts'
import { houseAccount } from './accounts.ts'
import { accountStatementCommand, type StatementCommand } from './account-statement-command.ts'
import { openAccountStatement } from './account-statement.ts'
import { corrupted } from './past-the-gates.fixture.ts'
import { post } from './post.ts'

let ctx: TestWorld
let card: Seeded
let folder: string
beforeAll(async () => {
  ctx = await openTestWorld()
  folder = await mkdtemp(join(tmpdir(), 'leb-statement-'))
  card = await seedCard(ctx, { balance: 1000n })
  ctx.clock.set(new Date('2026-11-30T15:00:00Z'))
  await move(5000n)
  // Midnight by the issuer's clock.
  ctx.clock.set(new Date('2026-11-30T16:00:00Z'))
  await move(-700n)
  await move(1n)
})
afterAll(async () => {
  await ctx.stop()
  await rm(folder, { recursive: true, force: true })
})

/** From the provider's cash to revenue, and the other way round. */
function move(amount: bigint, currency = 'CNY'): Promise<unknown> {
  return inIssuer(ctx.db, 'leb', async (tx) => {
    const house = (kind: 'cash_at_provider' | 'revenue') =>
      houseAccount(ctx, tx, { issuerId: 'leb', kind, currency })
    const entries = [
      { accountId: await house('cash_at_provider'), amount: -amount },
      { accountId: await house('revenue'), amount },
    ]
    return post(ctx, tx, { issuerId: 'leb', key: ctx.ids.next(), reason: 'correction', entries })
  })
}
async function told(command: Partial<StatementCommand>): Promise<{ exit: number; text: string }> {
  let text = ''
  const whole = { issuer: 'leb', account: 'revenue', currency: 'CNY', ...command }
  const exit = await accountStatementCommand(ctx, whole, (more) => void (text += more))
  return { exit, text }
}

it('tells each entry of an account between what it stood at before and after', async () => {
  const { exit, text } = await told({})
  expect(exit).toBe(0)
  expect(text.split('\n').map((line) => line.replace(/\s+/g, ' ').replace(/ \S{36}\.\d$/, ''))).toEqual([
    expect.stringMatching(/^leb revenue in CNY \(account /),
    'above zero: what is owed or was earned; below: what there is, or was lost',
    '',
    ' opening balance 0.00',
    '2026-11-30T23:00:00+08:00 correction 50.00 50.00',
    '2026-12-01T00:00:00+08:00 correction -7.00 43.00',
    '2026-12-01T00:00:00+08:00 correction 0.01 43.01',
    ' closing balance 43.01',
    '',
  ])
})

it('is of a time by the clock of the issuer’s jurisdiction, and one opens where the other closed', async () => {
  const of = async (options: Partial<StatementCommand>) => {
    const { opening, closing, entries } = JSON.parse((await told({ json: true, ...options })).text)
    return [opening, closing, entries.map(({ amount, after }: Record<string, string>) => [amount, after])]
  }
  expect(await of({ to: '2026-12-01' })).toEqual(['0', '5000', [['5000', '5000']]])
  const december = [
    ['-700', '4300'],
    ['1', '4301'],
  ]
  expect(await of({ from: '2026-12-01' })).toEqual(['5000', '4301', december])
  expect(await of({ from: '2026-11-30T16:00:00Z', to: '2027-01-01' })).toEqual(['5000', '4301', december])
  expect(await of({ from: '2027-01-01' })).toEqual(['4301', '4301', []])
})

it('goes into a file whole or not at all, readable by its owner only', async () => {
  const csv = join(folder, 'revenue.csv')
  expect(await told({ csv })).toEqual({
    exit: 0,
    text: `${csv}: 3 entries of revenue, from 0.00 to 43.01 CNY\n`,
  })
  const rows: string[][] = parse(readFileSync(csv, 'utf8'))
  expect(rows.map((row) => row.slice(2, 6))).toEqual([
    ['what', 'amount', 'balance_after', 'currency'],
    ['Opening balance', '', '0.00', 'CNY'],
    ['Correction', '50.00', '50.00', 'CNY'],
    ['Correction', '-7.00', '43.00', 'CNY'],
    ['Correction', '0.01', '43.01', 'CNY'],
    ['Closing balance', '', '43.01', 'CNY'],
  ])
  expect(statSync(csv).mode & 0o777).toBe(0o600)
  await expect(told({ csv: join(folder, 'none', 'x.csv') })).rejects.toThrow(/can't be written \(ENOENT\)/)
  expect(existsSync(join(folder, 'none'))).toBe(false)
})

it('takes a card’s account by its id, and says in a sentence what it cannot find', async () => {
  const { id } = await inIssuer(ctx.db, 'leb', (tx) =>
    tx
      .selectFrom('ledger_account')
      .select('account_id as id')
      .where('issuer_id', '=', 'leb')
      .where('card_id', '=', card.cardId)
      .executeTakeFirstOrThrow(),
  )
  expect((await told({ account: id })).text).toContain('opening balance')
  await move(2n, 'EUR')
  const faults: [Partial<StatementCommand>, RegExp][] = [
    [{ issuer: 'nobody' }, /there is no issuer nobody/],
    [{ account: 'cash' }, /have no account cash: there are cash_at_provider, /],
    [{ account: card.cardId }, /have no account/],
    [{ currency: 'JPY' }, /revenue of leb has no JPY: it is kept in CNY, EUR/],
    [{ currency: undefined as never }, /is kept in CNY, EUR: choose one with --currency/],
    [{ from: '2026-02-30' }, /--from takes a day/],
    [{ to: 'yesterday' }, /--to takes a day/],
    [{ csv: 'x', json: true }, /choose one/],
  ]
  for (const [command, sentence] of faults) await expect(told(command)).rejects.toThrow(sentence)
})

it('is as the books stood when it was opened, however long reading takes', async () => {
  const account = await inIssuer(ctx.db, 'leb', (tx) =>
    houseAccount(ctx, tx, { issuerId: 'leb', kind: 'revenue', currency: 'EUR' }),
  )
  const statement = await openAccountStatement(ctx, { issuerId: 'leb', accountId: account }, {})
  await move(5n, 'EUR')
  const seen: bigint[] = []
  for await (const lines of statement!.lines) seen.push(...lines.map((line) => line.after))
  expect([statement!.opening, seen, statement!.closing]).toEqual([0n, [2n], 2n])
})

it('says so, and ends with 1, when the lines do not lead to the balance beside the journal', async () => {
  const add = (sum: string) =>
    `update ledger_account set balance = balance + ${sum} where kind = 'revenue' and currency = 'CNY' and issuer_id = 'leb'`
  await corrupted(ctx, { change: add('1'), mend: add('-1') }, async () => {
    for (const options of [{}, { from: '2026-12-01' }, { from: '2027-01-01' }]) {
      const { exit, text } = await told(options)
      expect(exit).toBe(1)
      expect(text).toContain('leb ledger check')
    }
    expect(JSON.parse((await told({ json: true })).text)).toMatchObject({ adds_up: false })
  })
})
