import { createHmac } from 'node:crypto'
import pg from 'pg'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'
import type { Context } from '../platform/context.ts'
import { Refusal } from '../platform/errors.ts'

/** What may be tried how often. Counted in the database, so over all processes together. */
export const limits = {
  /** Codes sent to one address, and asked for by one client: a family behind one roaming gateway fits in. */
  code_per_address: { points: 5, window_seconds: 3600 },
  code_per_client: { points: 60, window_seconds: 3600 },
  /** With five guesses a code: at most 100 guesses a day at one address, of a million codes. */
  code_per_address_a_day: { points: 20, window_seconds: 86_400 },
  attempt_per_client: { points: 120, window_seconds: 3600 },
  /** A ZIP of everything is the dearest page there is. */
  export_per_account: { points: 10, window_seconds: 3600 },
  /** Up to a second of a core each. */
  statement_pdf_per_account: { points: 60, window_seconds: 3600 },
  declaration_per_account: { points: 20, window_seconds: 3600 },
  /** Each sends a code: with the codes asked for anew, at most 200 guesses a day at one account. */
  declaration_per_account_a_day: { points: 20, window_seconds: 86_400 },
  declaration_per_client: { points: 120, window_seconds: 3600 },
  /** Card numbers of a batch follow each other: without signing in, nobody shall walk through them. */
  card_number_per_client: { points: 30, window_seconds: 3600 },
  unproved_declaration_per_client: { points: 10, window_seconds: 3600 },
  /** Each brings its holder two mails. With the codes asked for anew: at most 45 guesses a day at one card. */
  unproved_declaration_per_card: { points: 3, window_seconds: 86_400 },
  unproved_code_per_card: { points: 6, window_seconds: 86_400 },
  /** Each puts an address into the vault; unpaid ones lapse. */
  order_per_client: { points: 60, window_seconds: 3600 },
  /** Each brings a mail at once, to an address that nobody has proved. */
  bank_order_per_address_a_day: { points: 5, window_seconds: 86_400 },
  /** Each mails the link by which the account for an order's money is named. */
  account_link_per_order: { points: 3, window_seconds: 3600 },
} as const
export type Limit = keyof typeof limits

/** Who is counted. Only a keyed hash of it is stored. */
export type Counted = { limit: Limit; who: string | Uint8Array }

/**
 * Counts one try for each. Throws Refusal `holder/too_often` (with the minutes until it works again) when one of
 * them is over its limit. A try over the limit doesn't lengthen the wait.
 */
export async function countTry(ctx: Context, issuerId: string, counted: Counted[]): Promise<void> {
  const limiters = limitersOf(ctx)
  let wait_ms = 0
  for (const { limit, key } of await keyed(ctx, issuerId, counted)) {
    try {
      await limiters[limit].consume(key)
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      wait_ms = Math.max(wait_ms, error.msBeforeNext)
    }
  }
  if (wait_ms > 0) throw tooOften(wait_ms)
}

/** What countTry would throw, without counting. */
export async function wouldBeTooOften(
  ctx: Context,
  issuerId: string,
  counted: Counted[],
): Promise<Refusal | undefined> {
  const limiters = limitersOf(ctx)
  let wait_ms = 0
  for (const { limit, key } of await keyed(ctx, issuerId, counted)) {
    const known = await limiters[limit].get(key)
    if (known && known.consumedPoints >= limits[limit].points) wait_ms = Math.max(wait_ms, known.msBeforeNext)
  }
  return wait_ms > 0 ? tooOften(wait_ms) : undefined
}

const tooOften = (wait_ms: number) =>
  new Refusal('holder/too_often', { minutes: String(Math.ceil(wait_ms / 60_000)) })

async function keyed(ctx: Context, issuerId: string, counted: Counted[]) {
  const { indexKey } = await ctx.keys.vault(issuerId)
  return counted.map(({ limit, who }) => ({
    limit,
    key: createHmac('sha256', indexKey).update(`limit/${issuerId}/${limit}/`).update(who).digest('base64url'),
  }))
}

const known = new WeakMap<pg.Pool, Record<Limit, RateLimiterPostgres>>()

function limitersOf(ctx: Context): Record<Limit, RateLimiterPostgres> {
  const made = known.get(ctx.pool)
  if (made) return made
  // The library reckons with numbers, our pool reads int8 as bigint: its queries get pg's own parsers back.
  const types = new pg.TypeOverrides()
  types.setTypeParser(pg.types.builtins.INT8, Number)
  const storeClient = { query: (query: pg.QueryConfig) => ctx.pool.query({ ...query, types }) }
  const limiter = ([name, limit]: [string, (typeof limits)[Limit]]) => [
    name,
    new RateLimiterPostgres({
      storeClient,
      storeType: 'pool',
      tableName: 'rate_limit',
      tableCreated: true,
      keyPrefix: name,
      points: limit.points,
      duration: limit.window_seconds,
    }),
  ]
  const limiters = Object.fromEntries(Object.entries(limits).map(limiter)) as Record<
    Limit,
    RateLimiterPostgres
  >
  known.set(ctx.pool, limiters)
  return limiters
}
