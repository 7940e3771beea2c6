import { sql } from 'kysely'
import { fromKysely, PgBoss } from 'pg-boss'
import { bringBackWhatLiesAhead, readTime } from './clock-went-back.ts'
import { errorFields, type Log } from './log.ts'
import type { Db, Tx } from './db.ts'
import { PreparingClient } from './preparing-client.ts'

/** What waits in the queues: ids only. A job says "look at this"; the rows say what is to be done. */
export type Look = { issuerId: string; id: string; failures?: number }
export type Queue = 'closure' | 'notice' | 'order' | 'line' | 'payment' | 'deadlines'

export type Jobs = {
  /**
   * Queues a look at `at`, now unless told, in the transaction that makes it necessary. A look at the same thing that
   * waits already takes the earlier time: whoever looks again later must not push away what happened meanwhile.
   */
  look(tx: Tx, queue: Queue, look: Look, at?: Date): Promise<void>
  /** Queues the first looks at what `tx` itself makes, in one statement: nobody can have queued one yet. */
  firstLooks(tx: Tx, queue: Queue, looks: Look[]): Promise<void>
  /** The same outside a transaction, for nudges that may be lost. */
  nudge(queue: Queue, look: Look): Promise<void>
  work(queue: Queue, options: { atOnce: number }, handle: (look: Look) => Promise<void>): Promise<void>
  everyMinute(queue: Queue, handle: () => Promise<void>): Promise<void>
  /**
   * Queues again what dead processes left behind: looks under way whose lease (leases.ts) nobody holds; and what lies
   * ahead because the clock was set back. Asked each second.
   */
  takeOver(db: Db): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

const queues: Queue[] = ['closure', 'notice', 'order', 'line', 'payment', 'deadlines']
// The least pg-boss allows. Where takeOver does not see that a worker is dead, its jobs come back after this.
const heartbeat_seconds = 10
const longest_pause_seconds = 60
const batch = 8

const keyOf = (look: Look) => `${look.issuerId}/${look.id}`
// Said outright: an upsert without a time leaves a waiting job at the time it had.
const now = (look: Look) => ({ singletonKey: keyOf(look), startAfter: 0 })

type BossDb = ReturnType<PgBoss['getDb']>

/** Queues a look at a time, or brings a waiting one forward to it; none is ever put off. */
async function noLaterThan(boss: PgBoss, db: BossDb, queue: Queue, look: Look, at: Date): Promise<void> {
  const hurry = async () => {
    const { rows } = await db.executeSql(
      `update pgboss.job set start_after = least(start_after, $3::timestamptz)
        where name = $1 and singleton_key = $2 and state < 'active' returning id`,
      [queue, keyOf(look), at.toISOString()],
    )
    return rows.length > 0
  }
  if (await hurry()) return
  const sent = await boss.send(queue, look, { singletonKey: keyOf(look), startAfter: at, db })
  // Somebody queued one between the two statements.
  if (!sent) await hurry()
}

// Handed on to pg's pool: pg-boss sends its statements as text each time. Those with values are prepared; the one that
// fetches has none, and is planned each time as it should be: a plan made while its queue was empty reads a whole backlog.
const preparing = { Client: PreparingClient }

const queueSettings = {
  policy: 'short',
  notify: true,
  heartbeatSeconds: heartbeat_seconds,
  retryLimit: 1_000_000,
  retryDelay: 1,
  retryBackoff: false,
  deleteAfterSeconds: 3600,
  retentionSeconds: 31_536_000,
}

/**
 * @param worker true in processes that work; others only send
 * @param url connection string; pg-boss keeps a small pool of its own, for its listener needs a fixed session
 */
export function openJobs(url: string, log: Log, worker: boolean): Jobs {
  const boss = openBoss(url, worker)
  boss.on('error', (error) => log.warn('queue trouble', errorFields(error)))
  // A look that failed comes back alone and ever later; thrown, it would take its whole batch with it, and a job
  // that lived through three kills would wait as long as one that failed three times.
  const later = async (queue: Queue, look: Look) => {
    const failures = (look.failures ?? 0) + 1
    const pause_seconds = Math.min(2 ** Math.min(failures - 1, 6), longest_pause_seconds)
    const at = new Date(Date.now() + pause_seconds * 1000)
    await noLaterThan(boss, boss.getDb(), queue, { ...look, failures }, at)
  }

  let stopping: Promise<void> | undefined
  let seen: Date | undefined
  return {
    async look(tx, queue, look, at) {
      const db = fromKysely(tx)
      if (at) await noLaterThan(boss, db, queue, look, at)
      else await boss.upsert(queue, look, { ...now(look), db })
    },
    async firstLooks(tx, queue, looks) {
      const jobs = looks.map((look) => ({ data: look, singletonKey: keyOf(look) }))
      await boss.insert(queue, jobs, { db: fromKysely(tx) })
    },
    async nudge(queue, look) {
      await boss.upsert(queue, look, now(look))
    },
    async work(queue, { atOnce }, handle) {
      const localConcurrency = Math.max(1, Math.ceil(atOnce / batch))
      await boss.work<Look>(
        queue,
        {
          batchSize: batch,
          localConcurrency,
          pollingIntervalSeconds: 1,
          // A job that becomes due later is not notified again: without this it would wait up to 30 s.
          notifyPollingIntervalSeconds: 1,
          burstWhenBatchFull: true,
          perJobResults: false,
        },
        async (jobs) => {
          await Promise.all(jobs.map(({ data }) => handle(data).catch(() => later(queue, data))))
        },
      )
    },
    async everyMinute(queue, handle) {
      await boss.schedule(queue, '* * * * *')
      await boss.work(queue, { pollingIntervalSeconds: 5, notifyPollingIntervalSeconds: 5 }, handle)
    },
    async takeOver(db) {
      await db.transaction().execute(async (tx) => {
        const time = await readTime(tx, seen)
        if (time.wentBack) await bringBackWhatLiesAhead(tx)
        seen = time.now
        const left = await readLeftBehind(tx)
        for (const { id, name, data } of left) {
          // One that waits already stays where it is: it was queued when the look was nearly over.
          await boss.complete(name, id, null, { db: fromKysely(tx) })
          await boss.upsert(name, data, { singletonKey: keyOf(data), db: fromKysely(tx) })
        }
      })
    },
    async start() {
      await boss.start()
      for (const name of queues) {
        await boss.createQueue(name, queueSettings)
      }
    },
    stop: () => (stopping ??= boss.stop({ graceful: true, timeout: 8_000, close: true })),
  }
}

function openBoss(url: string, worker: boolean): PgBoss {
  return new PgBoss({
    ...preparing,
    connectionString: url,
    application_name: 'leb-jobs',
    max: worker ? 6 : 2,
    supervise: worker,
    schedule: worker,
    useListenNotify: worker,
    // Work left by the dead is found by takeOver; this is for what takeOver can't see, and for tidying.
    superviseIntervalSeconds: 10,
    monitorIntervalSeconds: 10,
    registerInstance: false,
    reindex: worker,
  })
}

/**
 * A lease ends with the session of the process that held it, so this sees a kill -9 at once. Of the queues whose looks
 * hold one (work.ts), all but the sweep of each minute. A look that is over while others of its batch are not is seen as
 * left behind too, and is done once more: every look may be.
 */
async function readLeftBehind(tx: Db): Promise<{ id: string; name: Queue; data: Look }[]> {
  const { rows } = await sql<{ id: string; name: Queue; data: Look }>`
    select j.id, j.name, j.data from pgboss.job j
     where j.name in ('closure', 'notice', 'order', 'line', 'payment') and j.state = 'active'
       -- Just fetched, its lease may not be taken yet; by the clock of before, where that was set back.
       and (j.started_on < now() - interval '2 seconds' or j.started_on > now() + interval '2 seconds')
       and not exists (
         select 1 from pg_locks l
          where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
            and l.database = (select oid from pg_database where datname = current_database())
            and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended(j.singleton_key, 0))
     for update of j skip locked`.execute(tx)
  return rows
}
