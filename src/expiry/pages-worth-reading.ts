import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

// What one call takes of a range at most; the rest of it is found by the index.
export const most_of_a_range = 10_000
const cards_a_range = 5_000
// Below this the index finds them quickly enough whatever order they lie in.
const worth_counting = 20_000
// From about one card in ten on, each page of the table is needed anyway.
const share_worth_reading = 0.1

/**
 * Ranges of pages of the table `card_end`, in the order to be popped, when so many of an issuer's cards are due that
 * reading all of it in order is cheaper than fetching each page again for every card on it; else none. It starts
 * anywhere, so that several processes don't follow each other. Estimates only: whatever they are, nothing is missed,
 * because the index is asked after it.
 */
export async function pagesWorthReading(
  ctx: Context,
  issuerId: string,
  until: Date,
  backlog = worth_counting,
): Promise<{ from: number; to: number }[]> {
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<{ due: number; enough: number; cards: number; pages: number }>`
      with t as (
        select reltuples::float8 as cards,
               (pg_relation_size(oid) / current_setting('block_size')::int)::float8 as pages,
               greatest(reltuples * ${share_worth_reading}::float8, ${backlog}::int)::bigint as enough
          from pg_class where oid = 'card_end'::regclass)
      select (select count(*) from (select from card_end where issuer_id = ${issuerId}
                and lapses_at is not null and told in (0, 1, 2, 3) and lapses_at <= ${until}
                limit (select enough from t)) d)::float8 as due,
             enough::float8 as enough, cards, pages from t`.execute(tx),
  )
  const { due, enough, cards, pages } = rows[0]!
  if (due < enough) return []
  const step = Math.max(1, Math.floor((cards_a_range * pages) / Math.max(cards, 1)))
  const count = Math.ceil(pages / step)
  const start = ctx.clock.now().getTime() % count
  return Array.from({ length: count }, (_, n) => {
    const from = ((start + n) % count) * step
    return { from, to: from + step }
  }).reverse()
}
