import { keepQueueingExpiryMails } from './expiry/queue-mails.ts'
import { logFailedLooks } from './failed-looks.ts'
import { sendNotice } from './notice/send-notice.ts'
import type { Context } from './platform/context.ts'
import type { Look, Queue } from './platform/jobs.ts'
import { openLeases } from './platform/leases.ts'
import { errorFields } from './platform/log.ts'
import { workOnPayment } from './payment/work-on-payment.ts'
import { lookAtOrder } from './order/look-at-order.ts'
import { lookAtClosure } from './closure/look.ts'
import { sweepAll } from './sweep-all.ts'
import { lookAtLines } from './usage/cut-lines.ts'

// Closures a process tells at once: they wait for providers most of the time, and documents take one core anyway.
const closures_at_once = 16
const notices_at_once = 8
const payments_at_once = 8
const orders_at_once = 16
const issuers_lines_at_once = 8
const take_over_every_ms = 1_000

export type Worker = { stop(): Promise<void> }

/** Starts working off closures and notices until stopped. Any number of processes may do this at once. */
export async function startWork(ctx: Context, databaseUrl: string): Promise<Worker> {
  const leases = openLeases(databaseUrl)
  const tell = logFailedLooks(ctx)
  const logged = (queue: Queue, handle: (look: Look) => Promise<void>) => (look: Look) =>
    handle(look).catch((error: unknown) => {
      tell(queue, look, error)
      throw error
    })
  await ctx.jobs.work(
    'closure',
    { atOnce: closures_at_once },
    logged('closure', (look) => lookAtClosure(ctx, leases, look)),
  )
  await ctx.jobs.work(
    'order',
    { atOnce: orders_at_once },
    logged('order', (look) => lookAtOrder(ctx, leases, look)),
  )
  await ctx.jobs.work(
    'notice',
    { atOnce: notices_at_once },
    logged('notice', async (look) => {
      const release = await leases.take(`${look.issuerId}/${look.id}`)
      // Somebody is sending it; should they die, takeOver brings it back.
      if (!release) return
      await sendNotice(ctx, look).finally(release)
    }),
  )
  await ctx.jobs.work(
    'payment',
    { atOnce: payments_at_once },
    logged('payment', (look) => workOnPayment(ctx, leases, look)),
  )
  await ctx.jobs.work(
    'line',
    { atOnce: issuers_lines_at_once },
    logged('line', (look) => lookAtLines(ctx, leases, look)),
  )
  await ctx.jobs.everyMinute('deadlines', () => sweepAll(ctx))
  const watch = setInterval(() => {
    ctx.jobs
      .takeOver(ctx.db)
      .catch((error: unknown) => ctx.log.warn('could not look for work left behind', errorFields(error)))
  }, take_over_every_ms)
  const stopMails = keepQueueingExpiryMails(ctx)
  return {
    async stop() {
      clearInterval(watch)
      stopMails()
      // What is under way is finished first, under the leases it holds.
      await ctx.jobs.stop()
      await leases.close()
    },
  }
}
