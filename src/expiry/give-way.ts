import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { isServedHere } from '../platform/served-here.ts'

// Each of two lanes then takes an eighth of a core: a backlog of a million goes on for minutes instead of one, and
// who declares meanwhile hardly notices (bench/README.md).
const pauses_for_each_call = 7
// A process that was asked something within this is asked again soon.
const served_within_ms = 1000

/**
 * After a call of a sweep that has more to do: waits as long as seven such calls take if anybody is being served, by
 * whichever process and machine. What lapses an hour late is told and booked all the same; a person in front of a page
 * that does not come has gone.
 */
export async function giveWay(ctx: Context, tookMs: number): Promise<void> {
  if (await isSomebodyServed(ctx)) await sleep(pauses_for_each_call * tookMs)
}

/**
 * Whether a statement of `leb serve` runs now or ended a moment ago, or this process itself was asked (`leb serve
 * --work`: there the statements of who is served and of the sweep have one name).
 */
export async function isSomebodyServed(ctx: Context): Promise<boolean> {
  if (isServedHere(ctx.pool, served_within_ms)) return true
  return ctx.db.transaction().execute(async (tx) => {
    // What sessions do is shown to who is logged in as their user, not to the role that LEB acts as.
    await sql`set local role none`.execute(tx)
    const { rows } = await sql<{ served: boolean }>`
      select exists (select from pg_stat_activity
                      where datname = current_database() and application_name = 'leb-serve'
                        and (state <> 'idle'
                             or state_change > clock_timestamp() - ${served_within_ms}::int * interval '1 millisecond')) as served`.execute(
      tx,
    )
    return rows[0]!.served
  })
}
