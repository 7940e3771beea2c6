import { Pause, Superseded } from '../closure/step.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, isDatabaseGone } from '../platform/db.ts'
import { Refusal, SetupError } from '../platform/errors.ts'
import { policyFor } from '../policy/policy.ts'
import { holdOrder, noteOrder, type OrderCase, type OrderRow } from './order-case.ts'

/** When a paid order that is held up on our side goes back by itself (policy, deliver_within_hours). */
export function givenBackAt(order: Pick<OrderRow, 'jurisdiction' | 'held_up_since'>): Date | null {
  if (!order.held_up_since) return null
  const { deliver_within_hours: hours } = policyFor(order.jurisdiction, order.held_up_since)
  return new Date(order.held_up_since.getTime() + hours * 3_600_000)
}

/**
 * Notes that a paid order is held up by an error of ours (seller's details that are missing, a broken key), so that
 * order, staff and buyer show it. True when that has lasted for as long as policy lets it: then it goes back. What
 * passes by itself (a pause, another worker, a database that is down) holds nothing up.
 */
export async function isGivenUp(ctx: Context, told: OrderCase, error: unknown): Promise<boolean> {
  if (error instanceof Pause || error instanceof Superseded || isDatabaseGone(error)) return false
  const now = ctx.clock.now()
  return inIssuer(ctx.db, told.issuer.issuerId, async (tx) => {
    await holdOrder(tx, told)
    // What the failed telling noted in memory was rolled back with its transaction.
    const kept = await tx
      .selectFrom('purchase_order')
      .selectAll()
      .where('issuer_id', '=', told.order.issuer_id)
      .where('order_id', '=', told.order.order_id)
      .executeTakeFirstOrThrow()
    Object.assign(told.order, kept)
    await noteOrder(tx, told, {
      held_up_since: told.order.held_up_since ?? now,
      held_up_by: reasonOf(error),
    })
    const until = givenBackAt(told.order)
    if (!until || now < until) return false
    await noteOrder(tx, told, { state: 'refunding', refund_reason: 'not_deliverable' })
    return true
  })
}

/** A code and never a text: a text may quote what is personal. */
function reasonOf(error: unknown): string {
  if (error instanceof Refusal) return error.code
  return error instanceof SetupError ? 'set_up_wrong' : 'broken'
}
