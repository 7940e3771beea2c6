import type { WorldAddresses } from '../../sim/world.ts'
import { putIssuer } from '../../src/issuer/issuer.ts'
import { sampleIssuers } from '../../src/issuer/sample-issuers.ts'
import type { Context } from '../../src/platform/context.ts'

/** Where real worker processes and the process that watches them meet: one database, one folder of keys. */
export type Installation = { ctx: Context; databaseUrl: string; keysDir: string; at: WorldAddresses }

/** Points the sample issuers at the simulated world. */
export async function connectIssuers(ctx: Context, at: WorldAddresses): Promise<void> {
  const payment = new URL(at.payment.url)
  const issuers = sampleIssuers({
    line: at.line.url,
    esim: at.esim.url,
    payment: { host: payment.hostname, port: Number(payment.port), protocol: 'http' },
    mail: `smtp://127.0.0.1:${at.mail.port}`,
  })
  for (const issuer of issuers) {
    await putIssuer(ctx.db, issuer, ctx.clock.now())
    await ctx.keys.ensureIssuer({ id: issuer.issuerId, name: issuer.name.en })
  }
}

export function workerEnv({ ctx, databaseUrl, keysDir }: Installation): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    LEB_DATA: ctx.config.dataDir,
    LEB_KEYS: keysDir,
    LEB_SAMPLE_STRIPE_KEY: 'sk_test_sample',
  }
}
