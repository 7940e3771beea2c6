import { randomBytes } from 'node:crypto'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import { seal, unseal } from './sealed-box.ts'

/** The little of a person that books must name: who the invoice is made out to. */
export type BookName = { name: string | null; residence: string | null }

type Shelf = { issuerId: string; jurisdiction: string; year: number }
const shelfPlace = (s: Shelf) => `retention/${s.issuerId}/${s.jurisdiction}/${s.year}`

/**
 * Puts the name that books must keep under the key of its issuer, jurisdiction and year. The key dies on
 * `destroyAfter` (day, inclusive), and every name under it with it. Keeping the same holder twice changes nothing.
 */
export async function keepName(
  ctx: Context,
  tx: Tx,
  input: Shelf & { holderId: string; destroyAfter: string; name: BookName },
): Promise<void> {
  const key = await shelfKey(ctx, tx, input)
  const itemId = ctx.ids.next()
  await tx
    .insertInto('retention_item')
    .values({
      issuer_id: input.issuerId,
      item_id: itemId,
      jurisdiction: input.jurisdiction,
      year: input.year,
      holder_id: input.holderId,
      sealed: seal(key, `${shelfPlace(input)}/${input.holderId}`, Buffer.from(JSON.stringify(input.name))),
    })
    .onConflict((c) => c.columns(['issuer_id', 'holder_id', 'jurisdiction', 'year']).doNothing())
    .execute()
}

async function shelfKey(ctx: Context, tx: Tx, shelf: Shelf & { destroyAfter: string }): Promise<Buffer> {
  const { wrapKey } = await ctx.keys.vault(shelf.issuerId)
  await tx
    .insertInto('retention_key')
    .values({
      issuer_id: shelf.issuerId,
      jurisdiction: shelf.jurisdiction,
      year: shelf.year,
      wrapped_key: seal(wrapKey, shelfPlace(shelf), randomBytes(32)),
      destroy_after: shelf.destroyAfter,
    })
    .onConflict((c) => c.columns(['issuer_id', 'jurisdiction', 'year']).doNothing())
    .execute()
  const row = await tx
    .selectFrom('retention_key')
    .select('wrapped_key')
    .where('issuer_id', '=', shelf.issuerId)
    .where('jurisdiction', '=', shelf.jurisdiction)
    .where('year', '=', shelf.year)
    .executeTakeFirst()
  assert(row?.wrapped_key, 'the retention key of a year that is still running exists')
  return unseal(wrapKey, shelfPlace(shelf), row.wrapped_key)
}

/**
 * Destroys the keys whose day is over, wherever it ends last (UTC-12), and the names under them. Meant for a minute
 * job; answers how many keys.
 */
export async function destroyRetired(ctx: Context): Promise<number> {
  const now = ctx.clock.now()
  const today = new Date(now.getTime() - 12 * 3_600_000).toISOString().slice(0, 10)
  let destroyed = 0
  for (const { issuerId } of await listIssuers(ctx.db))
    destroyed += await inIssuer(ctx.db, issuerId, async (tx) => {
      const keys = await tx
        .updateTable('retention_key')
        .set({ wrapped_key: null, destroyed_at: now })
        .where('issuer_id', '=', issuerId)
        .where('destroy_after', '<', today)
        .where('destroyed_at', 'is', null)
        .returning(['jurisdiction', 'year'])
        .execute()
      for (const { jurisdiction, year } of keys)
        await tx
          .deleteFrom('retention_item')
          .where('issuer_id', '=', issuerId)
          .where('jurisdiction', '=', jurisdiction)
          .where('year', '=', year)
          .execute()
      return keys.length
    })
  return destroyed
}
