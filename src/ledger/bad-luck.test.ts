import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, seedCards, type Seeded } from '../../test/seed.ts'
import { inIssuer, openDb, openPool } from '../platform/db.ts'
import { projectFile } from '../platform/project.ts'
import { houseAccount, lockCardBalance } from './accounts.ts'
import { checkBooks } from './check.ts'
import { post } from './post.ts'
import { postUsage } from './post-usage.ts'

let ctx: TestWorld
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())

const left = (card: Seeded) => inIssuer(ctx.db, 'leb', async (tx) => (await lockCardBalance(tx, card)).amount)

it('two top-ups and a debit on one card, at the same moment from 64 connections: each counts once', async () => {
  const card = await seedCard(ctx, { balance: 100n })
  const pool = openPool(ctx.databaseUrl, 64, 'sixty-four')
  const db = openDb(pool)
  const { account, house } = await inIssuer(ctx.db, 'leb', async (tx) => ({
    account: (await lockCardBalance(tx, card)).accountId,
    house: await houseAccount(ctx, tx, { issuerId: 'leb', kind: 'orders_in_hand', currency: 'CNY' }),
  }))
  const topUp = (key: string) =>
    inIssuer(db, 'leb', (tx) => {
      const entries = [
        { accountId: account, amount: 50n },
        { accountId: house, amount: -50n },
      ]
      return post(ctx, tx, { issuerId: 'leb', key, reason: 'top_up', entries })
    })
  const hash = createHash('sha256').digest()
  const debit = (recordKey: string) =>
    inIssuer(db, 'leb', async (tx) => {
      const line = { recordKey, hash, cardId: card.cardId, gross: 130n, net: 130n, tax: 0n, late: false }
      return (await postUsage(ctx, tx, 'leb', [line]))[0]!.answer
    })
  // Every connection there is, before anything moves; then three movements, each asked for by many at once.
  await Promise.all(Array.from({ length: 64 }, () => sql`select pg_sleep(0.05)`.execute(db)))
  const acts = [() => topUp('one'), () => topUp('two'), () => debit('use')]
  const said = await Promise.all(Array.from({ length: 64 }, (_, at) => acts[at % 3]!()))
  const debited = said.some((answer, at) => at % 3 === 2 && answer === 'posted')
  // The debit fits once the first top-up is there; asked for so often, it meets one of those moments or the last.
  expect(debited || (await debit('use')) === 'posted').toBe(true)
  for (const of of [0, 1]) {
    const answers = said.filter((_, at) => at % 3 === of)
    expect(answers.filter((answer) => answer === 'posted')).toHaveLength(1)
    expect(answers.filter((answer) => answer === 'replayed')).toHaveLength(answers.length - 1)
  }
  expect(await left(card)).toBe(100n + 50n + 50n - 130n)
  expect(await checkBooks(ctx)).toMatchObject({ ok: true })
  await db.destroy()
})

it('killed in the gate, again and again, each record is taken once and none is half taken', async () => {
  const cards = await seedCards(ctx, [{ balance: 100_000n }, { balance: 100_000n }, { balance: 100_000n }])
  const batches = 60
  const run = async (killAfter: number | 'never') => {
    const args = [ctx.databaseUrl, String(batches), String(killAfter), ...cards.map((card) => card.cardId)]
    const child = spawn(process.execPath, [projectFile('src', 'ledger', 'gate-child.fixture.ts'), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return once(child, 'exit')
  }
  for (const killAfter of [3, 17, 31]) expect(await run(killAfter)).toEqual([null, 'SIGKILL'])
  expect(await run('never')).toEqual([0, null])
  const { rows } = await inIssuer(ctx.db, 'leb', (tx) =>
    sql<{ records: bigint; minor: bigint }>`
      select count(*) as records, -sum(amount)::bigint as minor from ledger_entry where key like 'kill:%'`.execute(
      tx,
    ),
  )
  expect(rows[0]).toEqual({ records: BigInt(batches * 20), minor: BigInt(batches * 20 * 3) })
  const balances = await Promise.all(cards.map(left))
  expect(balances.reduce((sum, one) => sum + one)).toBe(300_000n - BigInt(batches * 20 * 3))
  expect(await checkBooks(ctx)).toMatchObject({ ok: true })
})
