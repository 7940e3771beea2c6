import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard } from '../../test/seed.ts'
import { inIssuer, isDatabaseGone, openDb, openPool } from './db.ts'

let ctx: TestWorld
beforeAll(async () => void (ctx = await openTestWorld()))
afterAll(() => ctx.stop())

it('a query that names no issuer sees no row of anybody', async () => {
  await seedCard(ctx)
  expect(await ctx.db.selectFrom('card').selectAll().execute()).toEqual([])
})

it('an issuer sees and writes its own rows only, even when the query forgets to ask for them', async () => {
  const card = await seedCard(ctx)
  await seedCard(ctx, { issuerId: 'roamly' })
  const seen = await inIssuer(ctx.db, 'roamly', (tx) => tx.selectFrom('card').select('issuer_id').execute())
  expect(new Set(seen.map((row) => row.issuer_id))).toEqual(new Set(['roamly']))
  const changed = await inIssuer(ctx.db, 'roamly', (tx) =>
    tx.updateTable('card').set({ plan: 'LEB7' }).where('card_id', '=', card.cardId).executeTakeFirst(),
  )
  expect(changed.numUpdatedRows).toBe(0n)
  const foreign = inIssuer(ctx.db, 'roamly', (tx) =>
    tx
      .insertInto('holder')
      .values({
        issuer_id: 'leb',
        holder_id: ctx.ids.next(),
        wrapped_key: Buffer.from('x'),
        created_at: new Date(0),
      })
      .execute(),
  )
  await expect(foreign).rejects.toThrow(/row-level security/)
})

it('every table with an issuer has row security, forced', async () => {
  const { rows } = await sql<{ relname: string }>`
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'issuer_id'
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not (c.relrowsecurity and c.relforcerowsecurity)
     order by 1`.execute(ctx.db)
  expect(rows.map((row) => row.relname)).toEqual(['document_token', 'issuer', 'papers_access'])
})

it('every primary key begins with the issuer, so that a larger installation can spread the rows', async () => {
  const { rows } = await sql<{ relname: string; attname: string }>`
    select c.relname, a.attname from pg_index i join pg_class c on c.oid = i.indrelid
      join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
     where i.indisprimary and c.relnamespace = 'public'::regnamespace and a.attname <> 'issuer_id' order by 1`.execute(
    ctx.db,
  )
  expect(rows.map((row) => row.relname)).toEqual([
    'document_token',
    'migration',
    'papers_access',
    'rate_limit',
  ])
})

it('the application is no superuser, or row security would not bind it', async () => {
  const { rows } = await sql<{
    super: boolean
  }>`select rolsuper as super from pg_roles where rolname = current_user`.execute(ctx.db)
  expect(rows[0]!.super).toBe(false)
})

it('leaves a server that a failover has made read only, and calls that the database’s trouble', async () => {
  const card = await seedCard(ctx)
  const pool = openPool(ctx.databaseUrl, 1, 'failover')
  const db = openDb(pool)
  const change = () =>
    inIssuer(db, 'leb', (tx) =>
      tx.updateTable('card').set({ plan: 'LEB5' }).where('card_id', '=', card.cardId).executeTakeFirst(),
    )
  await sql`set default_transaction_read_only = on`.execute(db)
  const refused: unknown = await change().catch((error: unknown) => error)
  expect([refused, isDatabaseGone(refused)]).toMatchObject([{ code: '25006' }, true])
  expect((await change()).numUpdatedRows).toBe(1n)
  await pool.end()
})
