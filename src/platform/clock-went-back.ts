import { sql } from 'kysely'
import type { Db } from './db.ts'

/**
 * The database's clock was set back: what pg-boss noted by the clock of before lies ahead now, and it would do nothing
 * with it until that time has come again. Looks that waited are due at once (a step that must wait longer says so itself
 * and queues the next), passes that are run in turns may be run again, and slots that were filled are free.
 */
export async function bringBackWhatLiesAhead(tx: Db): Promise<void> {
  await sql`update pgboss.job set created_on = now(), start_after = least(start_after, now())
     where state < 'active' and created_on > now()`.execute(tx)
  await sql`delete from pgboss.job where state > 'active' and singleton_on > now() at time zone 'utc'`.execute(
    tx,
  )
  await sql`update pgboss.version set cron_on = null where cron_on > now()`.execute(tx)
  await sql`update pgboss.queue
       set monitor_claim_on = null, monitor_on = least(monitor_on, now()), maintain_on = least(maintain_on, now())
     where greatest(monitor_claim_on, monitor_on, maintain_on) > now()`.execute(tx)
}

/** The database's time; and whether it is earlier than `before`, or nobody can say. */
export async function readTime(tx: Db, before: Date | undefined): Promise<{ now: Date; wentBack: boolean }> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(tx)
  const { now } = rows[0]!
  return { now, wentBack: before === undefined || now < before }
}
