import { sql } from 'kysely'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { closeCard } from '../../test/payouts.ts'
import { type Outside, openOutside } from '../../test/outside.ts'
import { seedCard } from '../../test/seed.ts'
import { importCommand } from '../card/import-command.ts'
import { inIssuer } from '../platform/db.ts'
import { sampleFleetCsv } from '../card/sample-fleet.ts'
import { readClosure } from './read-closure.ts'

let leb: Outside
beforeAll(async () => void (leb = await openOutside()))
afterAll(() => leb.stop())

/** How often PostgreSQL planned anew, and how often it used the plan it had, for the reading of balances. */
const plans = () =>
  inIssuer(leb.db, 'leb', async (tx) => {
    const { rows } = await sql<{ generic: bigint; custom: bigint }>`
      select sum(generic_plans)::bigint as generic, sum(custom_plans)::bigint as custom from pg_prepared_statements
       where statement like '%from chargeback b%from ledger_account a%'
         and statement not like '%pg_prepared_statements%'`.execute(tx)
    return rows[0]!
  })

/** In a small one ten cards cost no more to read than one, and what PostgreSQL takes for granted shows nowhere. */
async function fleetOf(cards: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'leb-balances-'))
  const file = join(dir, 'fleet.csv')
  await writeFile(file, sampleFleetCsv(cards))
  const said = { json: true, progress: false, out: () => undefined, err: () => undefined }
  expect(await importCommand(leb, { file, rejects: join(dir, 'bad.csv'), ...said })).toBe(0)
  await rm(dir, { recursive: true })
}

it('is planned once: an array made PostgreSQL plan it anew at each look', async () => {
  const card = await seedCard(leb, { balance: 500n })
  const closureId = await closeCard(leb, card)
  await fleetOf(2_000)
  // Five are planned anew always, to see what that is worth.
  for (let look = 0; look < 12; look++) await readClosure(leb, { issuerId: 'leb', closureId })
  expect((await plans()).generic).toBeGreaterThan(0n)
})

it('asks nothing of an account that has no card left', async () => {
  const card = await seedCard(leb, { email: 'left@example.com', accountRef: 'LEFT-2' })
  await closeCard(leb, card)
  const closureId = await closeCard(leb, card, { cardIds: 'account' })
  expect((await readClosure(leb, { issuerId: 'leb', closureId }))!.cards).toEqual([])
})
