import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

// What one call takes of a range at most; the rest of it is found by the index.
export const most_of_a_range = 10_000
const cards_a_part = 5_000
// Below this the index finds them quickly enough whatever order they lie in.
const worth_counting = 20_000
// From about one card in ten on, each page of the table is needed anyway.
const share_worth_reading = 0.1

/** Of the cards on pages `from` to below `to` those whose id's hash leaves `part` when divided by `parts`. */
export type PagesPart = { from: number; to: number; parts: number; part: number }

// In one transaction so few cards of a page that the room beside them is enough (fillfactor 80 and 85).
const parts_of_a_page = 8
// A page's next part comes after so many transactions that nobody still looks at what the last one left behind.
const ranges_in_turn = 8

/**
 * Ranges of pages of the table `card_end`, in the order to be popped, when so many of an issuer's cards are due that
 * reading all of it in order is cheaper than fetching each page again for every card on it; else none. A range comes
 * in parts, others between them. It starts anywhere, so that several processes don't follow each other. Estimates
 * only: whatever they are, nothing is missed, because the index is asked after it.
 */
export async function pagesWorthReading(
  ctx: Context,
  issuerId: string,
  until: Date,
  backlog = worth_counting,
): Promise<PagesPart[]> {
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
  const step = Math.max(1, Math.floor((cards_a_part * parts_of_a_page * pages) / Math.max(cards, 1)))
  const count = Math.ceil(pages / step)
  const start = ctx.clock.now().getTime() % count
  const ranges = Array.from({ length: count }, (_, n) => {
    const from = ((start + n) % count) * step
    return { from, to: from + step }
  })
  const ordered: PagesPart[] = []
  for (let first = 0; first < count; first += ranges_in_turn)
    for (let part = 0; part < parts_of_a_page; part++)
      for (const range of ranges.slice(first, first + ranges_in_turn))
        ordered.push({ ...range, parts: parts_of_a_page, part })
  return ordered.reverse()
}
