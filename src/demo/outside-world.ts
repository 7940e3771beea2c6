import { sql } from 'kysely'
import { putSampleTerms } from '../invoice/sample-terms.ts'
import { type Issuer, listIssuers, putIssuer } from '../issuer/issuer.ts'
import { sampleIssuers } from '../issuer/sample-issuers.ts'
import { putSampleCatalogue } from '../plan/sample-catalogue.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { type Child, firstLine, startChild } from './children.ts'
import { sampleWebhookSecret } from './sample-settings.ts'

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
    await putIssuer(ctx.db, withBank(issuer), ctx.clock.now())
    await ctx.keys.ensureIssuer({ id: issuer.issuerId, name: issuer.name.en })
  }
  await putSampleCatalogue(
    ctx,
    issuers.map((issuer) => issuer.issuerId),
  )
  await putSampleTerms(
    ctx,
    issuers.map(({ issuerId }) => issuerId),
  )
  for (const { issuerId } of issuers)
    await tellSim(`${world.payment.url}/sim/webhooks`, {
      url: `${ctx.config.publicUrl}/hooks/stripe/${issuerId}`,
      secret: sampleWebhookSecret,
    })
  return issuers.length
}

// Account numbers that banks and standards print as examples; nobody has them.
const accounts: Record<string, string> = {
  leb: 'LU280019400644750000',
  roamly: 'DE89370400440532013000',
  sinotravel: 'FR1420041010050500013M02606',
}

/** Orders may be paid by bank transfer, money goes back by a file for the bank, and demo/statement.csv can be imported. */
function withBank(issuer: Issuer): Issuer {
  const iban = accounts[issuer.issuerId]
  if (!iban) return issuer
  const payouts = { name: issuer.name.en, iban }
  const bankStatement = {
    kind: 'csv' as const,
    delimiter: ';' as const,
    decimal: '.' as const,
    date: 'YYYY-MM-DD' as const,
    skipLines: 0,
    columns: {
      bookedOn: 'Date',
      amount: 'Amount',
      currency: 'Currency',
      text: ['Text'],
      endToEndId: 'Reference',
    },
    ignore: ['STRIPE'],
  }
  return { ...issuer, providers: { ...issuer.providers, payouts, bankStatement } }
}

/** The simulators start empty: they are told of the fleet's payments and of where its profiles are by now. */
export async function seedOutsideWorld(ctx: Context, world: OutsideWorld): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
      sql<{ id: string; amount: bigint; currency: string; provider: string; iccid: string; profile: string }>`
        select payment_ref as id, paid_minor as amount, currency, payment_provider as provider, iccid,
               profile_state as profile
          from card where issuer_id = ${issuerId}`.execute(tx),
    )
    const payments = rows
      .filter((row) => row.provider === 'stripe')
      .map((row) => ({ id: row.id, amount: Number(row.amount), currency: row.currency.toLowerCase() }))
    const profiles = rows.map((row) => ({ iccid: row.iccid, state: row.profile }))
    await tellSim(`${world.payment.url}/sim/payments`, payments)
    await tellSim(`${world.esim.url}/sim/profiles`, profiles)
  }
}

async function tellSim(url: string, body: object): Promise<void> {
  await fetch(url, { method: 'POST', body: JSON.stringify(body) })
}
