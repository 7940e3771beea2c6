import { sql } from 'kysely'
import type { Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { expiryRules } from './expiry-rules.ts'
import { giveWay } from './give-way.ts'
import { most_of_a_range, type PagesPart, pagesWorthReading } from './pages-worth-reading.ts'

/** `minor`: what those cards held, in minor units of `currency`. */
export type Lapsed = {
  outcome: 'lapsed' | 'kept' | 'refund' | 'nothing'
  currency: string
  cards: number
  minor: bigint
}

// A call holds its cards for as long as it runs: at 5,000 a third of a second, and more saves nothing.
const cards_a_call = 5_000
// Two cores, two calls; further workers only wait for the disk.
const calls_at_once = 2

/**
 * Ends up to `most` cards of an issuer whose time came by `until` (ledger_lapse, last written in
 * migrations/0075_the_rule_beside_the_end.sql, says what happens to each); nothing was left to do when the answer is
 * empty. Safe in any number of processes at once; a killed call did nothing. With `pages` only that part of the cards
 * that lie there is looked at. Throws the gate's database errors: LB018 another issuer's transaction, LB019 no rule.
 */
export async function lapseSome(
  ctx: Context,
  issuer: Issuer,
  until: Date,
  most: number = cards_a_call,
  pages?: PagesPart,
): Promise<Lapsed[]> {
  const { jurisdictions, kinds, keepDays } = expiryRules(issuer, ctx.clock.now())
  const { issuerId } = issuer
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const { rows } = await sql<{
      outcome: Lapsed['outcome']
      currency: string
      cards: bigint
      minor: string
    }>`
      select * from ledger_lapse(${issuerId}, ${until}::timestamptz, ${ctx.clock.now()}::timestamptz, ${most}::int,
        ${jurisdictions}::text[], ${kinds}::text[], ${keepDays}::int[], ${ctx.ids.next()}::uuid,
        ${pages?.from ?? null}::bigint, ${pages?.to ?? null}::bigint, ${pages?.parts ?? null}::int, ${pages?.part ?? null}::int)`.execute(
      tx,
    )
    return rows.map((row) => ({ ...row, cards: Number(row.cards), minor: BigInt(row.minor) }))
  })
}

/** Ends add-ons that are over before their card; answers how many. */
async function lapseBuckets(ctx: Context, issuerId: string, until: Date): Promise<number> {
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<{ ended: bigint }>`
      select ledger_lapse_buckets(${issuerId}, ${until}::timestamptz, ${ctx.clock.now()}::timestamptz,
        ${cards_a_call}::int, ${ctx.ids.next()}::uuid) as ended`.execute(tx),
  )
  return Number(rows[0]!.ended)
}

/**
 * Everything that is over by `until`, until nothing is or `forMs` have passed. A second call at once is made only for a
 * backlog, and that gives way to whoever is being served.
 */
export async function lapseDue(
  ctx: Context,
  issuer: Issuer,
  until: Date,
  forMs = Number.POSITIVE_INFINITY,
): Promise<Lapsed[]> {
  const started = performance.now()
  const hasTime = () => performance.now() - started < forMs
  while ((await lapseBuckets(ctx, issuer.issuerId, until)) > 0 && hasTime());
  const first = await lapseSome(ctx, issuer, until)
  const all = [...first]
  if (countCards(first) < cards_a_call) return all
  const lapse = async (most?: number, range?: PagesPart): Promise<number> => {
    const before = performance.now()
    const some = await lapseSome(ctx, issuer, until, most, range)
    all.push(...some)
    if (hasTime()) await giveWay(ctx, performance.now() - before)
    return countCards(some)
  }
  const ranges = await pagesWorthReading(ctx, issuer.issuerId, until)
  const byIndex = ranges.length === 0
  const lane = async () => {
    for (let range = ranges.pop(); range && hasTime(); range = ranges.pop())
      await lapse(most_of_a_range, range)
    while (byIndex && hasTime() && (await lapse()) >= cards_a_call);
  }
  await Promise.all(Array.from({ length: calls_at_once }, lane))
  // A call that finds less than it may take leaves nothing behind but what others hold at this moment. One is enough
  // to look for what the ranges left: it passes by all that has lapsed.
  while (!byIndex && hasTime() && (await lapse()) >= cards_a_call);
  return sumUp(all)
}

export function countCards(lapsed: Lapsed[]): number {
  return lapsed.reduce((sum, one) => sum + one.cards, 0)
}

/** One line an outcome and currency. */
export function sumUp(lapsed: Lapsed[]): Lapsed[] {
  const sums = new Map<string, Lapsed>()
  for (const one of lapsed) {
    const key = `${one.outcome}/${one.currency}`
    const known = sums.get(key)
    sums.set(
      key,
      known ? { ...known, cards: known.cards + one.cards, minor: known.minor + one.minor } : { ...one },
    )
  }
  return [...sums.values()].toSorted(
    (a, b) => a.outcome.localeCompare(b.outcome) || a.currency.localeCompare(b.currency),
  )
}
