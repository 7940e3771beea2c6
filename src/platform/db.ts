import { type Kysely, PostgresDialect, Kysely as KyselyClass, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { SetupError } from './errors.ts'
import { preparedPool } from './prepared-pool.ts'
import { appRole } from './rights.ts'
import type { DB } from './tables.ts'

export type Db = Kysely<DB>

declare const bound: unique symbol
/** A transaction bound to one issuer: row security lets it see and write that issuer's rows only. */
export type Tx = Transaction<DB> & { readonly [bound]: true }

// int8 holds money: as bigint, never as float. Dates stay text: they are days, not instants.
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, (text: string) => BigInt(text))
types.setTypeParser(pg.types.builtins.DATE, (text: string) => text)

const settings =
  '-c timezone=UTC -c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s'

/**
 * One pool a process.
 * @param role whom every session of it acts as from its first statement on (rights.ts); null: whoever logs in
 */
export function openPool(url: string, size: number, name: string, role: string | null = appRole): pg.Pool {
  const pool = new pg.Pool({
    connectionString: withoutName(url),
    max: size,
    application_name: `leb-${name}`,
    types,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    options: role ? `${settings} -c role=${role}` : settings,
  })
  // A connection lost while idle (server restart) is replaced at the next use; unheard, it would end the process.
  pool.on('error', () => undefined)
  // One lost in the middle of a transaction fails the statement under way, and says so on the connection too.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** A name in the address would win over ours, by which a sweep sees who is being served (expiry/give-way.ts). */
function withoutName(url: string): string {
  if (!url.includes('application_name')) return url
  const address = new URL(url)
  address.searchParams.delete('application_name')
  return address.href
}

export function openDb(pool: pg.Pool): Db {
  return new KyselyClass<DB>({ dialect: new PostgresDialect({ pool: preparedPool(pool) }) })
}

/**
 * Counts rows and values anew, for the planner. Left to itself PostgreSQL does so up to minutes after many rows came in,
 * and until then each sign-in would read all addresses of the issuer. As the one logged in: the application's role
 * owns no table. What a database's user does not own is left as it is, and so is what somebody else tidies right now.
 */
export async function refreshStatistics(pool: pg.Pool): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('set role none; set statement_timeout = 0')
    await client.query('analyze (skip_locked)')
  } finally {
    // Never given back: it acts as somebody else now.
    client.release(true)
  }
}

/** Throws SetupError in one sentence when the database can't be used. */
export async function checkDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'leb-check' })
  try {
    await client.connect()
    const { rows } = await client.query<{ v: string }>(`select current_setting('server_version_num') as v`)
    if (Number(rows[0]!.v) < 150000)
      throw new SetupError(`the PostgreSQL at ${new URL(url).host} is older than 15: LEB needs 15 or later`)
  } catch (error) {
    throw error instanceof SetupError ? error : unreachable(url, error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Why a database can't be used, in one sentence, without user or password. */
export function unreachable(url: string, error: unknown): SetupError {
  const code = (error as { code?: string }).code ?? 'no answer'
  return new SetupError(
    `DATABASE_URL names ${new URL(url).host}, which does not let LEB in (${code}): check address, user and password`,
  )
}

/**
 * The only door to issuers' rows: runs `work` in one transaction that speaks for one issuer.
 * Deadlocks and serialisation failures are tried again, so `work` must do nothing outside the database.
 */
export async function inIssuer<T>(db: Db, issuerId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(async (tx) => {
        await speakFor(tx, issuerId)
        return work(tx as Tx)
      })
    } catch (error) {
      if (tries >= 5 || !mayBeTriedAgain(error)) throw error
    }
  }
}

/** Deadlock or serialisation failure: the transaction did nothing and would do well a second time. */
export function mayBeTriedAgain(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === '40P01' || code === '40001'
}

/**
 * True where the database, not the work, is the trouble: connection lost (08), operator's intervention (57), out of
 * resources (53), conflicts that outlasted every retry (40), a lock not given in time (55P03), a server that was demoted
 * in a failover (25006), or no SQLSTATE at all.
 */
export function isDatabaseGone(error: unknown): boolean {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  // A server's socket that is not there is ENOENT as well, but so is a missing file.
  if (syscall === 'connect') return true
  if (
    typeof code === 'string' &&
    /^(08|57|53|40)|^55P03$|^25006$|^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI)/.test(code)
  )
    return true
  return error instanceof Error && /connection|timeout/i.test(error.message) && typeof code !== 'string'
}

/** A transaction of one issuer that is ended by hand, for work that does not fit one function. */
export type OpenTx = { tx: Tx; commit(): Promise<void>; rollback(): Promise<void> }

export async function beginInIssuer(db: Db, issuerId: string): Promise<OpenTx> {
  const tx = await db.startTransaction().execute()
  try {
    await speakFor(tx, issuerId)
  } catch (error) {
    await tx.rollback().execute()
    throw error
  }
  const rollback = async () => {
    await tx.rollback().execute()
  }
  return {
    tx: tx as unknown as Tx,
    async commit() {
      try {
        await tx.commit().execute()
      } catch (error) {
        // Gives the connection back, too; one that is lost has rolled back by itself.
        await rollback().catch(() => undefined)
        throw error
      }
    },
    rollback,
  }
}

/** As text without parameters, so that it is sent together with the `begin` before it. */
async function speakFor(tx: Db, issuerId: string): Promise<void> {
  const literal = pg.escapeLiteral(issuerId)
  await sql.raw(`select set_config('leb.issuer', ${literal}, true)`).execute(tx)
}
