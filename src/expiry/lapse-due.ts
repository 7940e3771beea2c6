import { sql } from 'kysely'
import type { Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { expiryRules } from './expiry-rules.ts'

/** `minor`: what those cards held, in minor units of `currency`. */
export type Lapsed = { outcome: 'lapsed' | 'kept' | 'refund' | 'nothing'; currency: string; cards: number; minor: bigint }

// Measured: below 1,000 the calls cost more than the cards, above 10,000 locks are held for longer than half a second.
const cards_a_call = 5_000

/**
 * Ends up to one call's worth of cards whose time has come (migrations/0013_expiry.sql, ledger_lapse); nothing is
 * left to do when the answer is empty. Safe in any number of processes at once; a killed call did nothing.
 * Throws database errors LB018, LB019 of the gate: bugs of ours.
 */
export async function lapseSome(
  ctx: Context,
  issuer: Issuer,
  until: Date,
  most: number = cards_a_call,
): Promise<Lapsed[]> {
  const { jurisdictions, kinds, keepDays } = expiryRules(issuer, until)
  const { issuerId } = issuer
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const { rows } = await sql<{ outcome: Lapsed['outcome']; currency: string; cards: bigint; minor: string }>`
      select * from ledger_lapse(${issuerId}, ${until}::timestamptz, ${ctx.clock.now()}::timestamptz, ${most}::int,
        ${jurisdictions}::text[], ${kinds}::text[], ${keepDays}::int[], ${ctx.ids.next()}::uuid)`.execute(tx)
    return rows.map((row) => ({ ...row, cards: Number(row.cards), minor: BigInt(row.minor) }))
  })
}
