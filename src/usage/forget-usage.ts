import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { errorFields } from '../platform/log.ts'
import { policyFor } from '../policy/policy.ts'

// A step of the sweep is one statement over what came within it. A network reports up to 30,000 records a second: where
// a statement would take longer than it may, the step is made shorter.
const step_ms = 600_000
const shortest_step_ms = 100
const steps_at_once = 60
const query_canceled = '57014'

/**
 * Where and when a card was used is forgotten on the day that policy names (usage_details), counted from the report:
 * the month stays, and what was used and charged. Each record is passed over once, by the time of its report, which a
 * BRIN index finds; an index that is exact would cost every record that comes in. Meant for a minute job; answers how
 * many records.
 */
export async function forgetUsage(ctx: Context): Promise<number> {
  let forgotten = 0
  for (const { issuerId, jurisdiction } of await listIssuers(ctx.db)) {
    const { days } = policyFor(jurisdiction, ctx.clock.now()).usage_details
    const due = new Date(ctx.clock.now().getTime() - days * 86_400_000)
    // An issuer whose records can't be written must not hold up the others, nor the sweeps after this one.
    forgotten += await forgetOf(ctx, issuerId, due).catch((error: unknown) => {
      ctx.log.error('usage could not be forgotten', { issuer: issuerId, ...errorFields(error) })
      return 0
    })
  }
  return forgotten
}

async function forgetOf(ctx: Context, issuerId: string, due: Date): Promise<number> {
  let forgotten = 0
  for (let step = 0, ms = step_ms; step < steps_at_once; step++) {
    try {
      const count = await inIssuer(ctx.db, issuerId, (tx) => forgetStep(tx, issuerId, due, ms))
      if (count === undefined) break
      forgotten += count
    } catch (error) {
      if ((error as { code?: string }).code !== query_canceled || ms <= shortest_step_ms) throw error
      ms /= 10
    }
  }
  return forgotten
}

/** Undefined when everything before `due` is forgotten, or another process is at it. */
async function forgetStep(tx: Tx, issuerId: string, due: Date, ms: number): Promise<number | undefined> {
  const { rows } = await sql<{ since: Date }>`
    select coalesce(usage_forgotten_until, created_at) as since from issuer
     where issuer_id = ${issuerId} for no key update skip locked`.execute(tx)
  const since = rows[0]?.since
  if (!since || since >= due) return undefined
  const until = new Date(Math.min(since.getTime() + ms, due.getTime()))
  const { numAffectedRows } = await sql`
    update usage_record
       set used_at = date_trunc('month', used_at at time zone 'UTC') at time zone 'UTC', zone = '', country = null,
           content_hash = ''
     where issuer_id = ${issuerId} and reported_at >= ${since} and reported_at < ${until}`.execute(tx)
  await tx
    .updateTable('issuer')
    .set({ usage_forgotten_until: until })
    .where('issuer_id', '=', issuerId)
    .execute()
  return Number(numAffectedRows)
}
