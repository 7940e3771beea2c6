import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { type OrderView, readOrder } from './read-order.ts'

/** A page of `listOrders`; `older` is the `before` of the next one, null on the last. */
export async function pageOfOrders(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  holderIds: string[],
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<{ orders: OrderView[]; older: string | null }> {
  // One more than is shown tells whether there is another page.
  const found = await listOrders(ctx, tx, issuerId, holderIds, { before, limit: limit + 1 })
  const shown = found.slice(0, limit)
  return { orders: shown, older: found.length > limit ? shown.at(-1)!.number : null }
}

/**
 * Orders of these holders, newest first, from the one after `before` on. Throws Refusal order/no_such_order where that
 * is no order of theirs.
 */
export async function listOrders(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  holderIds: string[],
  page: { before?: string | undefined; limit: number } = { limit: 100 },
): Promise<OrderView[]> {
  if (holderIds.length === 0) return []
  const own = tx
    .selectFrom('purchase_order')
    .where('issuer_id', '=', issuerId)
    .where('holder_id', 'in', holderIds)
  const { before } = page
  const last = before
    ? await own
        .select(['created_at', 'order_id'])
        .where('number', '=', before)
        .executeTakeFirstOrThrow(() => new Refusal('order/no_such_order'))
    : undefined
  const ids = await own
    .select('order_id')
    .$if(last !== undefined, (q) =>
      q.where(sql<boolean>`(created_at, order_id) < (${last?.created_at}, ${last?.order_id})`),
    )
    .orderBy('created_at', 'desc')
    .orderBy('order_id', 'desc')
    .limit(page.limit)
    .execute()
  const views = await Promise.all(
    ids.map(({ order_id: orderId }) => readOrder(ctx, tx, { issuerId, orderId })),
  )
  return views.filter((view) => view !== undefined)
}
