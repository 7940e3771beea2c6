import { fromKysely, PgBoss } from 'pg-boss'
import { errorFields, type Log } from './log.ts'
import type { Tx } from './db.ts'

/** What waits in the queues: ids only. A job says "look at this"; the rows say what is to be done. */
export type Look = { issuerId: string; id: string }
export type Queue = 'closure' | 'notice' | 'deadlines'

export type Jobs = {
  /** Queues a look, in the transaction that makes it necessary. A waiting look at the same thing is moved. */
  look(tx: Tx, queue: Queue, look: Look, at?: Date): Promise<void>
  /** The same outside a transaction, for nudges that may be lost. */
  nudge(queue: Queue, look: Look): Promise<void>
  work(queue: Queue, options: { atOnce: number }, handle: (look: Look) => Promise<void>): Promise<void>
  everyMinute(queue: Queue, handle: () => Promise<void>): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

const queues: Queue[] = ['closure', 'notice', 'deadlines']
// The least pg-boss allows. A killed worker's jobs are taken over after this and a supervision pass.
const heartbeat_seconds = 10
const batch = 8

/**
 * @param worker true in processes that work; others only send
 * @param url connection string; pg-boss keeps a small pool of its own, for its listener needs a fixed session
 */
export function openJobs(url: string, log: Log, worker: boolean): Jobs {
  const boss = new PgBoss({
    connectionString: url,
    application_name: 'leb-jobs',
    max: worker ? 6 : 2,
    supervise: worker,
    schedule: worker,
    useListenNotify: worker,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
    registerInstance: false,
    reindex: worker,
  })
  boss.on('error', (error) => log.warn('queue trouble', errorFields(error)))
  const options = (look: Look, at?: Date) => ({
    singletonKey: `${look.issuerId}/${look.id}`,
    ...(at && { startAfter: at }),
  })

  return {
    async look(tx, queue, look, at) {
      await boss.upsert(queue, look, { ...options(look, at), db: fromKysely(tx) })
    },
    async nudge(queue, look) {
      await boss.upsert(queue, look, options(look))
    },
    async work(queue, { atOnce }, handle) {
      const localConcurrency = Math.max(1, Math.ceil(atOnce / batch))
      await boss.work<Look>(
        queue,
        { batchSize: batch, localConcurrency, pollingIntervalSeconds: 1, perJobResults: false },
        async (jobs) => {
          await Promise.all(jobs.map((job) => handle(job.data)))
        },
      )
    },
    async everyMinute(queue, handle) {
      await boss.schedule(queue, '* * * * *')
      await boss.work(queue, { pollingIntervalSeconds: 5 }, handle)
    },
    async start() {
      await boss.start()
      for (const name of queues) {
        const settings = {
          notify: true,
          heartbeatSeconds: heartbeat_seconds,
          retryLimit: 1_000_000,
          retryDelay: 1,
          retryBackoff: true,
          retryDelayMax: 60,
          deleteAfterSeconds: 3600,
          retentionSeconds: 31_536_000,
        }
        await boss.createQueue(name, { ...settings, policy: 'short' })
      }
    },
    stop: () => boss.stop({ graceful: true, timeout: 8_000, close: true }),
  }
}
