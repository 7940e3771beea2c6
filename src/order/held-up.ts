import { Pause, Superseded } from '../closure/step.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, isDatabaseGone } from '../platform/db.ts'
import { Refusal, SetupError } from '../platform/errors.ts'
import { policyFor } from '../policy/policy.ts'
import { holdOrder, noteOrder, type OrderCase, type OrderRow } from './order-case.ts'

// A provider that says nothing is asked again by itself; from then on it is somebody's turn.
const silent_after_minutes = 15

/** When a paid order that is held up on our side goes back by itself (policy, deliver_within_hours). */
export function givenBackAt(order: Pick<OrderRow, 'jurisdiction' | 'held_up_since'>): Date | null {
  if (!order.held_up_since) return null
  const { deliver_within_hours: hours } = policyFor(order.jurisdiction, order.held_up_since)
  return new Date(order.held_up_since.getTime() + hours * 3_600_000)
}

/**
 * Notes that a paid order is held up on the issuer's side (seller's details that are missing, a broken key, an SM-DP+
 * that does not answer), so that order, staff and buyer show it; staff are told of each new reason. True when the buyer
 * has waited for as long as policy lets them: then it goes back. The day they were told stands, whatever is mended or
 * breaks meanwhile, until it is delivered. What passes by itself (a short pause, another worker, a database that is
 * down) holds nothing up.
 */
export async function isGivenUp(ctx: Context, told: OrderCase, error: unknown): Promise<boolean> {
  if (error instanceof Superseded || isDatabaseGone(error)) return false
  const now = ctx.clock.now()
  const reason = error instanceof Pause ? silence(told, now) : reasonOf(error)
  if (!reason && !told.order.held_up_since) return false
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
    if (reason)
      await noteOrder(tx, told, {
        held_up_since: told.order.held_up_since ?? now,
        held_up_by: reason,
        ...(reason !== told.order.held_up_by && { held_up_told_at: null }),
      })
    const until = givenBackAt(told.order)
    if (!until || now < until) return false
    await noteOrder(tx, told, { state: 'refunding', refund_reason: 'not_deliverable' })
    return true
  })
}

/** Somebody has been asked for a while and not said anything that helps. */
function silence({ journal }: OrderCase, now: Date): string | undefined {
  const since = new Date(now.getTime() - silent_after_minutes * 60_000)
  const isSilent = [...journal.values()].some((attempts) => {
    const isOpen = ['unknown', 'pending'].includes(attempts.at(-1)!.state)
    return isOpen && attempts.find(({ state }) => state !== 'refused')!.intendedAt <= since
  })
  return isSilent ? 'provider_silent' : undefined
}

/** A code and never a text: a text may quote what is personal. */
function reasonOf(error: unknown): string {
  if (error instanceof Refusal) return error.code
  return error instanceof SetupError ? 'set_up_wrong' : 'broken'
}
