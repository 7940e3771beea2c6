import { type Kysely, PostgresDialect, Kysely as KyselyClass, sql, type Transaction } from 'kysely'
import pg from 'pg'
import { SetupError } from './errors.ts'
import type { DB } from './tables.ts'

export type Db = Kysely<DB>

declare const bound: unique symbol
/** A transaction bound to one issuer: row security lets it see and write that issuer's rows only. */
export type Tx = Transaction<DB> & { readonly [bound]: true }

// int8 holds money: as bigint, never as float. Dates stay text: they are days, not instants.
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.INT8, (text: string) => BigInt(text))
types.setTypeParser(pg.types.builtins.DATE, (text: string) => text)

/** One pool a process. Statements of the hot paths are named by Kysely's text, so `pg` prepares none by itself. */
export function openPool(url: string, size: number, name: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    application_name: `leb-${name}`,
    types,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    options:
      '-c timezone=UTC -c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s',
  })
  // A connection lost while idle (server restart) is replaced at the next use; unheard, it would end the process.
  pool.on('error', () => undefined)
  return pool
}

export function openDb(pool: pg.Pool): Db {
  return new KyselyClass<DB>({ dialect: new PostgresDialect({ pool }) })
}

/** Throws SetupError in one sentence when the database can't be used. */
export async function checkDatabase(pool: pg.Pool, url: string): Promise<{ boundByRowSecurity: boolean }> {
  try {
    const { rows } = await pool.query<{ v: string; unbound: boolean }>(
      `select current_setting('server_version_num') as v,
              (rolsuper or rolbypassrls) as unbound from pg_roles where rolname = current_user`,
    )
    if (Number(rows[0]!.v) < 150000)
      throw new SetupError(`the PostgreSQL at ${new URL(url).host} is older than 15: LEB needs 15 or later`)
    return { boundByRowSecurity: !rows[0]!.unbound }
  } catch (error) {
    throw error instanceof SetupError ? error : unreachable(url, error)
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
        await sql`select set_config('leb.issuer', ${issuerId}, true)`.execute(tx)
        return work(tx as Tx)
      })
    } catch (error) {
      const code = (error as { code?: string }).code
      if (tries >= 5 || (code !== '40P01' && code !== '40001')) throw error
    }
  }
}
