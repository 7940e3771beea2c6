import { sql } from 'kysely'
import { openProviders } from '../src/adapters/open-providers.ts'
import { type Leases, openLeases } from '../src/platform/leases.ts'
import { lookAtClosure } from '../src/closure/look.ts'
import { codeFor } from '../src/holder/access-code.ts'
import { putIssuer } from '../src/issuer/issuer.ts'
import { sampleIssuers } from '../src/issuer/sample-issuers.ts'
import { sendNotice } from '../src/notice/send-notice.ts'
import { inIssuer } from '../src/platform/db.ts'
import { startWorld, type World, type WorldOptions } from '../sim/world.ts'
import { openTestWorld, type TestWorld } from './harness.ts'

/** A LEB on a real database with the simulated outside world behind its real adapters. */
export type Outside = TestWorld & {
  world: World
  leases: Leases
  /** Works on a closure until it pauses, as a worker would. */
  look(issuerId: string, closureId: string): Promise<void>
  /** Sends every waiting mail. */
  sendMails(issuerId: string): Promise<void>
  /** The newest code for a closure: what the holder reads in the mail. */
  codeOf(issuerId: string, closureId: string): Promise<string>
}

export async function openOutside(options: WorldOptions & { start?: string } = {}): Promise<Outside> {
  process.env.LEB_SAMPLE_STRIPE_KEY = 'sk_test_sample'
  process.env.LEB_SAMPLE_STRIPE_WEBHOOK_SECRET = 'whsec_sample'
  let now = () => Date.now()
  const world = await startWorld({ completeAfterMs: 5, lazyCurrency: 'cny', now: () => now(), ...options })
  const test = await openTestWorld(options.start ? { start: options.start } : {})
  now = () => test.clock.now().getTime()
  const payment = new URL(world.payment.url)
  const issuers = sampleIssuers({
    line: world.line.url,
    esim: world.esim.url,
    payment: { host: payment.hostname, port: Number(payment.port), protocol: 'http' },
    mail: `smtp://127.0.0.1:${world.mail.port}`,
  })
  for (const issuer of issuers) await putIssuer(test.db, issuer, test.clock.now())
  const providers = openProviders(test.db, test.config.keysDir)
  const leases = openLeases(test.databaseUrl)
  const ctx = { ...test, providers, issuers }
  return {
    ...ctx,
    world,
    leases,
    look: (issuerId, id) => lookAtClosure(ctx, leases, { issuerId, id }),
    async sendMails(issuerId) {
      const waiting = await inIssuer(ctx.db, issuerId, (tx) =>
        tx
          .selectFrom('notice')
          .select('notice_id')
          .where('issuer_id', '=', issuerId)
          .where('state', '=', 'waiting')
          // In the order in which they were queued, so that the last one is the newest.
          .orderBy(sql`xmin::text::bigint`)
          .execute(),
      )
      for (const { notice_id: id } of waiting) await sendNotice(ctx, { issuerId, id })
    },
    async codeOf(issuerId, closureId) {
      const row = await inIssuer(ctx.db, issuerId, (tx) =>
        tx
          .selectFrom('access_code')
          .select('code_id')
          .where('issuer_id', '=', issuerId)
          .where('closure_id', '=', closureId)
          .orderBy('code_id', 'desc')
          .executeTakeFirstOrThrow(),
      )
      return codeFor(await ctx.keys.vault(issuerId), row.code_id)
    },
    async stop() {
      await leases.close()
      providers.close()
      await test.stop()
      await world.stop()
    },
  }
}
