import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { ApiProblem } from './api-problems.ts'
import { placeOf, remembered_hours, type RequestPlace } from './once.ts'

/**
 * For work that may be done again as often as one likes, because its parts know by themselves whether they were done:
 * only holds a key to one request for a day, and keeps no answer. One statement where `once` needs four. Answers
 * whether the same request came with this key before. Throws Refusal api/key_reused (same key, other request).
 */
export async function noteRequest(ctx: Context, input: RequestPlace): Promise<'new' | 'repeated'> {
  const { issuerId, caller, key, hash } = await placeOf(ctx, input)
  const now = ctx.clock.now()
  const forgotten = new Date(now.getTime() - remembered_hours * 3_600_000)
  const before = await inIssuer(ctx.db, issuerId, async (tx) => {
    const noted = await sql`
      insert into api_request as r (issuer_id, caller, key, request_hash, created_at)
      values (${issuerId}, ${caller}, ${key}, ${hash}, ${now})
      on conflict (issuer_id, caller, key) do update
        set request_hash = excluded.request_hash, created_at = excluded.created_at
        where r.created_at < ${forgotten}
      returning 1`.execute(tx)
    if (noted.rows.length > 0) return undefined
    return tx
      .selectFrom('api_request')
      .select('request_hash')
      .where('issuer_id', '=', issuerId)
      .where('caller', '=', caller)
      .where('key', '=', key)
      .executeTakeFirst()
  })
  if (before === undefined) return 'new'
  if (!before.request_hash.equals(hash)) throw new Refusal('api/key_reused' satisfies ApiProblem)
  return 'repeated'
}
