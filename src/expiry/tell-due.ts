import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { giveWay } from './give-way.ts'

/**
 * When holders are warned, nearest first: who missed a step because no worker ran gets only the nearest one.
 * `above` is where the next nearer one begins.
 */
const steps = [
  { step: 3, hours: 2, above: 0 },
  { step: 2, hours: 24, above: 2 },
  { step: 1, hours: 72, above: 24 },
]
// An add-on rarely lives longer than three days: its buyer need not be told at the till.
const bucket_hours_at_most = 24
const at_once = 2_000

/**
 * Records every warning that is due now for an issuer's cards, kept balances and add-ons: once for each card, end and
 * step (expiry_notice), whoever else does the same at this moment. Once `forMs` have passed each step makes one call more
 * and leaves the rest for the next time. Answers how many mails that makes.
 */
export async function tellDue(
  ctx: Context,
  issuerId: string,
  forMs = Number.POSITIVE_INFINITY,
): Promise<number> {
  const began = performance.now()
  const hasTime = () => performance.now() - began < forMs
  let told = 0
  for (const { step, hours, above } of steps) {
    const of = hours <= bucket_hours_at_most ? ['expiry_tell_buckets', 'expiry_tell'] : ['expiry_tell']
    for (const name of of) {
      for (let more = true; more;) {
        const started = performance.now()
        const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
          sql<{ passed: bigint; told: bigint }>`
            select passed, told from ${sql.raw(name)}(${issuerId}, ${ctx.clock.now()}::timestamptz, ${at_once}::int,
              ${step}::smallint, ${hours}::int, ${above}::int)`.execute(tx),
        )
        told += Number(rows[0]!.told)
        more = Number(rows[0]!.passed) === at_once && hasTime()
        if (more) await giveWay(ctx, performance.now() - started)
      }
    }
  }
  return told
}
