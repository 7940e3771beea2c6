import { sql } from 'kysely'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { assert } from '../../platform/errors.ts'
import { bringBack } from '../../usage/dry-cut.ts'
import type { OrderCase } from '../order-case.ts'
import { type Given, readTarget } from './target.ts'

/** Buckets of its own, more days, and the line on again if it was cut because the card ran dry. */
export async function deliverAddOn(ctx: Context, tx: Tx, told: OrderCase): Promise<Given> {
  const { order, item } = told
  assert(item?.kind === 'add_on', 'an add-on is an item of the catalogue')
  const { terms } = item
  const target = await readTarget(tx, told)
  const issuerId = order.issuer_id
  const now = sql`${ctx.clock.now()}::timestamptz`
  if (terms.more_days > 0)
    // A card that was not used yet gets its days when its first use starts them (src/usage/rate.ts); one that has
    // ended, used or not, gets them from now, or the days it paid for would lie in the past. Where they begin is settled
    // by that (activated_zone is null): use from before, however late it is told of, takes none of them away.
    await sql`
      update card
         set more_days = more_days + ${terms.more_days},
             activated_at = case when expires_at > ${now} then activated_at else coalesce(activated_at, ${now}) end,
             activated_zone = case when expires_at > ${now} then activated_zone end,
             expires_at = case when activated_at is null and expires_at > ${now} then expires_at
               else greatest(expires_at, ${now}) + ${terms.more_days} * interval '1 day' end
       where issuer_id = ${issuerId} and card_id = ${target.cardId}`.execute(tx)
  const { expires_at: cardEnds } = await tx
    .selectFrom('card')
    .select('expires_at')
    .where('issuer_id', '=', issuerId)
    .where('card_id', '=', target.cardId)
    .executeTakeFirstOrThrow()
  const ends = new Date(ctx.clock.now().getTime() + terms.valid_days * 86_400_000)
  const buckets = [
    { kind: 'data', units: terms.data_mb },
    { kind: 'voice', units: terms.voice_s },
    { kind: 'sms', units: terms.sms },
  ].filter((bucket) => bucket.units > 0)
  for (const { kind, units } of buckets)
    await tx
      .insertInto('bucket')
      .values({
        issuer_id: issuerId,
        bucket_id: ctx.ids.next(),
        card_id: target.cardId,
        order_id: order.order_id,
        kind,
        granted_units: BigInt(units),
        left_units: BigInt(units),
        expires_at: ends < cardEnds ? ends : cardEnds,
      })
      .execute()
  await bringBack(ctx, tx, target.cardId)
  return target
}
