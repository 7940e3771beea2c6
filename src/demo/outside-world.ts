import { sql } from 'kysely'
import { listIssuers, putIssuer } from '../issuer/issuer.ts'
import { sampleIssuers } from '../issuer/sample-issuers.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { type Child, firstLine, startChild } from './children.ts'

/** Where the simulated network, SM-DP+, payment provider and mail server listen. */
export type OutsideWorld = {
  line: { url: string }
  esim: { url: string }
  payment: { url: string }
  mail: { host: string; port: number; control: string }
}

export async function startOutsideWorld(dir: string): Promise<{ child: Child; world: OutsideWorld }> {
  const child = startChild({
    name: 'the simulated world',
    file: ['dist', 'sim.js'],
    args: ['--with-parent', '--dir', dir],
  })
  return { child, world: await firstLine<OutsideWorld>(child) }
}

/** The three issuers of the sample set-up, with providers where the simulators listen today. */
export async function setUpIssuers(ctx: Context, world: OutsideWorld): Promise<number> {
  const payment = new URL(world.payment.url)
  const issuers = sampleIssuers({
    line: world.line.url,
    esim: world.esim.url,
    payment: { host: payment.hostname, port: Number(payment.port), protocol: 'http' },
    mail: `smtp://127.0.0.1:${world.mail.port}`,
  })
  for (const issuer of issuers) {
    await putIssuer(ctx.db, issuer, ctx.clock.now())
    await ctx.keys.ensureIssuer({ id: issuer.issuerId, name: issuer.name.en })
  }
  return issuers.length
}

/** The simulated payment provider starts empty: it is told of the payments that the fleet was bought with. */
export async function seedPayments(ctx: Context, world: OutsideWorld): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
      sql<{ id: string; amount: bigint; currency: string }>`
        select payment_ref as id, paid_minor as amount, currency from card
         where issuer_id = ${issuerId} and payment_provider = 'stripe'`.execute(tx),
    )
    const payments = rows.map((row) => ({
      id: row.id,
      amount: Number(row.amount),
      currency: row.currency.toLowerCase(),
    }))
    await fetch(`${world.payment.url}/sim/payments`, { method: 'POST', body: JSON.stringify(payments) })
  }
}
