import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import type { Db } from '../platform/db.ts'
import { appRole, wrongRights } from '../platform/rights.ts'
import { type Entries, findEntries } from './check-entries.ts'
import { type Fault, faultQueries, type Found } from './check-queries.ts'

export type IssuerBooks = {
  issuerId: string
  postings: bigint
  entries: bigint
  accounts: bigint
  faults: ({ fault: Fault } & Found & Entries)[]
}
export type BooksCheck = {
  ok: boolean
  issuers: IssuerBooks[]
  /** Triggers of the journal that somebody has switched off. */
  triggersOff: string[]
  /** Rights to the books that LEB's role has and must not have, or lacks (platform/rights.ts). */
  wrongRights: string[]
  /** False where LEB may not act as that role: the triggers alone then keep the journal. */
  keptByRights: boolean
}

/**
 * Proves from the journal alone that every posting, balance, currency and issuer adds up, each issuer's at one
 * moment (a snapshot of its own, so that cards may be used meanwhile), in memory that does not grow with the journal.
 */
export async function checkBooks(ctx: Context): Promise<BooksCheck> {
  const issuers: IssuerBooks[] = []
  for (const { issuerId } of await listIssuers(ctx.db)) issuers.push(await checkIssuer(ctx, issuerId))
  const { rows } = await sql<{ name: string }>`
    select tgrelid::regclass || '.' || tgname as name from pg_trigger
     where tgrelid in ('ledger_posting'::regclass, 'ledger_entry'::regclass, 'ledger_account'::regclass)
       and tgenabled <> 'O' order by 1`.execute(ctx.db)
  const triggersOff = rows.map((row) => row.name)
  const { rows: me } = await sql<{ role: string }>`select current_user as role`.execute(ctx.db)
  const keptByRights = me[0]!.role === appRole
  const wrong = keptByRights ? await wrongRights(ctx.pool) : []
  const addsUp = issuers.every((issuer) => issuer.faults.length === 0)
  return {
    ok: addsUp && triggersOff.length === 0 && wrong.length === 0,
    issuers,
    triggersOff,
    wrongRights: wrong,
    keptByRights,
  }
}

function checkIssuer(ctx: Context, issuerId: string): Promise<IssuerBooks> {
  // Not inIssuer: all statements have to see the books of one moment.
  const snapshot = ctx.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
  return snapshot.execute(async (tx) => {
    await sql`select set_config('leb.issuer', ${issuerId}, true)`.execute(tx)
    // A journal of years takes as long as it takes.
    await sql`set local statement_timeout = 0`.execute(tx)
    const faults: IssuerBooks['faults'] = []
    for (const [fault, query] of faultQueries(issuerId)) {
      const { rows } = await query.execute(tx)
      const [found] = rows
      if (!found) continue
      const { total, what, id, says } = found
      faults.push({ fault, total, what, id, says, ...(await findEntries(tx, issuerId, fault, found)) })
    }
    return { issuerId, ...(await countRows(tx, issuerId)), faults }
  })
}

async function countRows(tx: Db, issuerId: string) {
  const { rows } = await sql<{ postings: bigint; entries: bigint; accounts: bigint }>`
    select (select count(*) from ledger_posting where issuer_id = ${issuerId}) as postings,
           (select count(*) from ledger_entry where issuer_id = ${issuerId}) as entries,
           (select count(*) from ledger_account where issuer_id = ${issuerId}) as accounts`.execute(tx)
  return rows[0]!
}
