import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import { decimal } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { SetupError } from '../platform/errors.ts'
import { forecastDue } from './forecast.ts'
import { type Lapsed, lapseDue, sumUp } from './lapse-due.ts'
import { refundExpired } from './refund-expired.ts'
import { grace_seconds } from './sweep-expiry.ts'
import { tellDue } from './tell-due.ts'

export type ExpiryRunOptions = { issuer: string; until?: string; dryRun?: boolean; json?: boolean }

/**
 * `leb expiry run`: what the worker's minute does for one issuer, at once; with `--dry-run` only what it would do,
 * also up to a moment to come. Throws SetupError for an unknown issuer or a moment that can't be used.
 */
export async function expiryRunCommand(ctx: Context, options: ExpiryRunOptions): Promise<number> {
  const issuer = await findIssuer(ctx.db, options.issuer)
  if (!issuer) throw new SetupError(`there is no issuer ${options.issuer}: leb issuer list`)
  const until = readUntil(ctx, options)
  const done = options.dryRun
    ? { warned: 0, ended: await forecastDue(ctx, issuer, until), refunds: 0 }
    : await run(ctx, issuer, until)
  print(options, until, done)
  return 0
}

type Done = { warned: number; ended: Lapsed[]; refunds: number }

async function run(ctx: Context, issuer: Issuer, until: Date): Promise<Done> {
  const warned = await tellDue(ctx, issuer.issuerId)
  const ended = sumUp(await lapseDue(ctx, issuer, until))
  let refunds = 0
  for (let some = -1; some !== 0; refunds += some) some = await refundExpired(ctx, issuer)
  return { warned, ended, refunds }
}

function readUntil(ctx: Context, { until, dryRun }: ExpiryRunOptions): Date {
  const now = ctx.clock.now()
  const latest = new Date(now.getTime() - grace_seconds * 1000)
  if (until === undefined) return latest
  const at = new Date(until)
  if (!/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(until) || Number.isNaN(at.getTime()))
    throw new SetupError(`--until takes a moment with its zone such as 2026-11-22T18:00:00Z, not "${until}"`)
  if (dryRun) return at
  if (at > now)
    throw new SetupError('--until lies ahead: nothing lapses before its time; --dry-run tells what will')
  return at < latest ? at : latest
}

function print(options: ExpiryRunOptions, until: Date, { warned, ended, refunds }: Done): void {
  if (options.json) {
    const lines = ended.map((one) => ({ ...one, minor: one.minor.toString() }))
    const answer = { issuer: options.issuer, until: until.toISOString(), dryRun: Boolean(options.dryRun) }
    process.stdout.write(`${JSON.stringify({ ...answer, warned, ended: lines, refundsDeclared: refunds })}\n`)
    return
  }
  const would = options.dryRun ? 'would end' : 'ended'
  const lines = ended.map(({ outcome, currency, cards, minor }) => {
    const sum = decimal({ amount: minor, currency })
    return `${outcome.padEnd(8)} ${String(cards).padStart(9)} cards  ${sum} ${currency}`
  })
  if (lines.length === 0) lines.push('nothing is due')
  process.stdout.write(`${would} up to ${until.toISOString()}\n${lines.join('\n')}\n`)
  if (!options.dryRun) process.stdout.write(`${warned} warnings, ${refunds} cards on their way back\n`)
}
