import { sql } from 'kysely'
import { decimal } from '../ledger/money.ts'
import { findIssuer, listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { seenOutcomes } from './outcome.ts'

/** Use that nobody pays: reported too late, used after the freeze, the closing or the last day, or outside the zone. */
export type LateUsage = {
  issuer: string
  recordId: string
  iccid: string
  kind: string
  quantity: string
  place: string
  usedAt: string
  reportedAt: string
  outcome: (typeof seenOutcomes)[number]
  /** What late_usage bears, as a decimal. */
  amount: string
  currency: string
}

export const most_listed = 1_000

type Row = {
  record_id: string
  iccid: string
  kind: string
  quantity: bigint
  place: string
  used_at: Date
  reported_at: Date
  outcome: LateUsage['outcome']
  gross_minor: bigint
  currency: string
}

/** The newest 1,000 of an issuer that were reported since a moment. */
export async function listLateUsage(
  ctx: Context,
  input: { issuerId: string; since: Date },
): Promise<LateUsage[]> {
  const { issuerId, since } = input
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<Row>`
      select u.record_id, c.iccid, u.kind, u.quantity, coalesce(u.country, u.zone) as place, u.used_at, u.reported_at,
             u.outcome, u.gross_minor, u.currency
        from usage_record u join card c on c.issuer_id = u.issuer_id and c.card_id = u.card_id
       where u.issuer_id = ${issuerId} and u.reported_at >= ${since}
         and u.outcome in ('late', 'frozen', 'closed', 'expired', 'out_of_zone')
       order by u.reported_at desc, u.record_id limit ${most_listed}`.execute(tx),
  )
  return rows.map((row) => ({
    issuer: issuerId,
    recordId: row.record_id,
    iccid: row.iccid,
    kind: row.kind,
    quantity: row.quantity.toString(),
    place: row.place,
    usedAt: row.used_at.toISOString(),
    reportedAt: row.reported_at.toISOString(),
    outcome: row.outcome,
    amount: decimal({ amount: row.gross_minor, currency: row.currency }),
    currency: row.currency,
  }))
}

type Print = (text: string) => void

/** `leb usage late`: what nobody pays, newest first. Answers the exit code. Throws SetupError for a wrong option. */
export async function lateUsageCommand(
  ctx: Context,
  input: { issuer?: string; days?: string; json?: boolean; out?: Print },
): Promise<number> {
  const days = Number(input.days ?? '30')
  if (!Number.isInteger(days) || days < 1 || days > 3660)
    throw new SetupError('--days takes a whole number from 1 to 3660')
  if (input.issuer && !(await findIssuer(ctx.db, input.issuer)))
    throw new SetupError(`there is no issuer ${input.issuer}: leb issuer list`)
  const since = new Date(ctx.clock.now().getTime() - days * 86_400_000)
  const issuers = input.issuer ? [input.issuer] : (await listIssuers(ctx.db)).map((one) => one.issuerId)
  const found = (await Promise.all(issuers.map((issuerId) => listLateUsage(ctx, { issuerId, since })))).flat()
  const out = input.out ?? ((text: string) => void process.stdout.write(text))
  if (input.json) out(`${JSON.stringify({ late: found })}\n`)
  else if (found.length === 0) out(`No use of the last ${days} days was left for the house to bear\n`)
  else for (const one of found) out(`${describe(one)}\n`)
  return 0
}

function describe(one: LateUsage): string {
  const used = `${one.kind} ${one.quantity} in ${one.place}, used ${one.usedAt}, reported ${one.reportedAt}`
  return `${one.issuer}  ${one.iccid}  ${one.outcome.padEnd(11)} ${one.amount} ${one.currency}  ${used}  ${one.recordId}`
}
