import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openTestWorld, type TestWorld } from '../../test/harness.ts'
import { seedCard, type Seeded } from '../../test/seed.ts'
import { inIssuer, openDb, openPool } from './db.ts'
import { openJobs } from './jobs.ts'
import { makeLog } from './log.ts'
import { migrate } from './migrate.ts'
import { appRole, readRights } from './rights.ts'

let ctx: TestWorld
let card: Seeded
beforeAll(async () => {
  ctx = await openTestWorld()
  card = await seedCard(ctx, { balance: 1000n })
})
afterAll(() => ctx.stop())

const refused = { code: '42501' }
const as = (text: string) => inIssuer(ctx.db, 'leb', (tx) => sql.raw(text).execute(tx))
async function asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: ctx.databaseUrl })
  await client.connect()
  return work(client).finally(() => client.end())
}

describe('the role that LEB acts as', () => {
  it('is not the one that owns the tables', async () => {
    const { rows } = await sql<{ me: string; owner: string }>`
      select current_user as me, tableowner as owner from pg_tables where tablename = 'ledger_entry'`.execute(
      ctx.db,
    )
    expect(rows).toEqual([{ me: appRole, owner: 'leb' }])
  })

  it.each([
    ['change an entry', 'update ledger_entry set amount = amount + 1'],
    ['change a posting', `update ledger_posting set reason = 'gift'`],
    ['delete an entry', 'delete from ledger_entry'],
    ['delete a posting', 'delete from ledger_posting'],
    ['empty the journal', 'truncate ledger_entry, ledger_posting'],
    [
      'write an entry past the gate',
      `insert into ledger_entry (issuer_id, posting_id, line, account_id, amount)
         values ('leb', gen_random_uuid(), 1, gen_random_uuid(), 1)`,
    ],
    [
      'write a posting past the gate',
      `insert into ledger_posting (issuer_id, posting_id, key, input_hash, reason, posted_at)
         values ('leb', gen_random_uuid(), 'k', '', 'gift', now())`,
    ],
    ['set a balance', 'update ledger_account set balance = 1000000'],
    ['set what is held', 'update ledger_account set held = 0'],
    [
      'open an account with money in it',
      `insert into ledger_account (issuer_id, account_id, kind, currency, balance)
         values ('leb', gen_random_uuid(), 'fees', 'CNY', 5)`,
    ],
    ['delete an account', 'delete from ledger_account'],
    ['release a hold past the gate', `update ledger_hold set state = 'released'`],
    ['switch the triggers off', 'alter table ledger_entry disable trigger all'],
    ['switch row security off', 'alter table ledger_entry no force row level security'],
    ['drop the constraint', 'alter table ledger_account drop constraint holder_balance_not_negative'],
    [
      'replace the gate',
      'create or replace function ledger_speaks_for(text) returns void language sql as $$ $$',
    ],
    ['pass over the triggers', 'set session_replication_role = replica'],
    ['forget a migration', 'delete from migration'],
  ])('may not %s', async (_what, statement) => {
    await expect(as(statement)).rejects.toMatchObject(refused)
  })

  it('may do what LEB does: freeze, open a house account, queue a job in its own transaction', async () => {
    await as(`update ledger_account set frozen_at = now() where card_id = '${card.cardId}'`)
    await as(`insert into ledger_account (issuer_id, account_id, kind, currency)
      values ('leb', gen_random_uuid(), 'vouchers', 'OMR')`)
    await inIssuer(ctx.db, 'leb', (tx) => ctx.jobs.look(tx, 'notice', { issuerId: 'leb', id: card.cardId }))
    const queued = await as(`select 1 from pgboss.job where singleton_key = 'leb/${card.cardId}'`)
    expect(queued.rows).toHaveLength(1)
  })

  it('has just the rights it should', async () => {
    expect(await readRights(ctx.databaseUrl)).toEqual({ role: appRole, wrong: [] })
  })
})

it('every function that runs with the owner’s rights has its names fixed and is not for everybody', async () => {
  const { rows } = await sql<{ name: string; fixed: boolean; open: boolean }>`
    select proname as name, coalesce('search_path=pg_catalog, public, pg_temp' = any (proconfig), false) as fixed,
           exists (select 1 from aclexplode(coalesce(proacl, acldefault('f', proowner))) x where x.grantee = 0) as open
      from pg_proc where pronamespace = 'public'::regnamespace and prosecdef order by 1`.execute(ctx.db)
  expect(rows.map((row) => row.name)).toEqual(
    expect.arrayContaining(['ledger_post', 'ledger_post_openings', 'ledger_post_usage']),
  )
  expect(rows.filter((row) => !row.fixed || row.open)).toEqual([])
})

it('the owner too is refused by the journal itself', async () => {
  const change = asOwner(async (client) => {
    await client.query(`select set_config('leb.issuer', 'leb', false)`)
    await client.query('update ledger_entry set amount = 2')
  })
  await expect(change).rejects.toMatchObject({ code: 'LB001' })
})

it('rights that somebody changed by hand are seen, and put right by the next migration', async () => {
  await asOwner((client) =>
    client.query(
      `grant update on ledger_entry to ${appRole}; revoke insert on card from ${appRole}; grant create on schema public to public`,
    ),
  )
  const { wrong } = await readRights(ctx.databaseUrl)
  expect(wrong).toEqual(expect.arrayContaining(['card INSERT', 'ledger_entry UPDATE', 'public CREATE']))
  await migrate(ctx.databaseUrl)
  expect(await readRights(ctx.databaseUrl)).toEqual({ role: appRole, wrong: [] })
})

describe('whoever logs in', () => {
  const at = (user: string, database = new URL(ctx.databaseUrl).pathname) => {
    const url = new URL(inject('postgresAdminUrl'))
    url.username = user
    url.pathname = database
    return url.href
  }
  const asAdmin = async (text: string) => {
    const client = new pg.Client({ connectionString: inject('postgresAdminUrl') })
    await client.connect()
    return client.query(text).finally(() => client.end())
  }
  const password = () => `'${decodeURIComponent(new URL(inject('postgresAdminUrl')).password)}'`

  it('as a superuser is bound by row security all the same, and the gates speak for its issuer only', async () => {
    const pool = openPool(at('postgres'), 2, 'super')
    const db = openDb(pool)
    expect(await db.selectFrom('card').selectAll().execute()).toEqual([])
    const foreign = inIssuer(db, 'roamly', (tx) =>
      sql`select ledger_post_openings('leb', '{}', '{}', '{}', '{}', '{}', '{}', '{}', now())`.execute(tx),
    )
    await expect(foreign).rejects.toMatchObject({ code: 'LB018' })
    await db.destroy()
  })

  it('leaves alone what is somebody else’s in the same schema: a copy made by hand, an extension', async () => {
    const admin = new pg.Client({ connectionString: at('postgres') })
    await admin.connect()
    await admin.query(`create table not_ours (id int generated always as identity);
      create function not_ours() returns int security definer language sql as 'select 1'`)
    await asOwner((client) => client.query(`grant truncate on ledger_entry to ${appRole}`))
    expect(await migrate(ctx.databaseUrl)).toEqual([])
    expect(await readRights(ctx.databaseUrl)).toEqual({ role: appRole, wrong: [] })
    await admin.query('drop table not_ours; drop function not_ours()')
    await admin.end()
  })

  it('as an owner who may not make roles is told, and goes on as the owner', async () => {
    await asAdmin(`create role plain_owner login password ${password()}`)
    await asAdmin('create database plain owner plain_owner')
    const url = at('plain_owner', '/plain')
    expect(await migrate(url)).not.toEqual([])
    expect(await readRights(url)).toEqual({ role: null, wrong: [] })
    const pool = openPool(url, 2, 'plain', null)
    expect(await openDb(pool).selectFrom('issuer').selectAll().execute()).toEqual([])
    await pool.end()
    // What install.md says mends it.
    await asAdmin('grant leb_app to plain_owner')
    await migrate(url)
    expect(await readRights(url)).toEqual({ role: appRole, wrong: [] })
    await asAdmin('drop database plain with (force)')
    await asAdmin('drop role plain_owner')
  })

  it('as a member of the role and nothing else can run LEB, and can’t step back to an owner', async () => {
    await asAdmin(`create role leb_login login password ${password()} in role ${appRole}`)
    const url = at('leb_login')
    expect(await migrate(url)).toEqual([])
    expect(await readRights(url)).toEqual({ role: appRole, wrong: [] })
    const jobs = openJobs(url, makeLog('silent'), true)
    await jobs.start()
    await jobs.nudge('notice', { issuerId: 'leb', id: ctx.ids.next() })
    await jobs.stop()
    const pool = openPool(url, 2, 'login')
    await pool.query('set role none')
    await expect(pool.query('delete from ledger_entry')).rejects.toMatchObject(refused)
    await pool.end()
    await asAdmin('drop role leb_login')
  })
})
