import { sql } from 'kysely'
import type { StripeEvent } from '../adapters/payment/stripe-events.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'

/**
 * Keeps that an event came, once however often it is delivered, and queues a look at what it is about in the same
 * transaction: an event that was answered with 200 is never lost, and one that comes late, twice or out of order
 * changes nothing, for the look asks the provider how things stand now.
 */
export async function noteEvent(ctx: Context, issuerId: string, event: StripeEvent): Promise<void> {
  const { about } = event
  if (about.what === 'nothing_of_ours') return
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const known = await keep(ctx, tx, issuerId, { ...event, ref: about.ref })
    if (known) return
    if (about.what === 'refund') await lookForRefund(ctx, tx, issuerId, about.key)
    else await ctx.jobs.look(tx, 'payment', { issuerId, id: about.ref })
  })
}

/** True when it was told before and looked at since. */
async function keep(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  event: { id: string; kind: string; happenedAt: Date; ref: string },
): Promise<boolean> {
  const row = await tx
    .insertInto('provider_event')
    .values({
      issuer_id: issuerId,
      provider: 'stripe',
      event_id: event.id,
      kind: event.kind,
      object_ref: event.ref,
      happened_at: event.happenedAt,
      received_at: ctx.clock.now(),
    })
    .onConflict((c) =>
      c
        .columns(['issuer_id', 'provider', 'event_id'])
        .doUpdateSet({ deliveries: sql`provider_event.deliveries + 1` }),
    )
    .returning('looked_at')
    .executeTakeFirstOrThrow()
  return row.looked_at !== null
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/

/**
 * A refund of ours has moved: whoever waits for it looks now instead of at its next poll. Keys of refunds name the
 * closure, order or receipt they are for; an invented one fills no queue.
 */
async function lookForRefund(ctx: Context, tx: Tx, issuerId: string, key: string): Promise<void> {
  const id = uuid.exec(key)?.[0]
  if (id === undefined) return
  const { rows } = await sql<{ queue: 'closure' | 'order' | 'payment' }>`
    select 'closure' as queue from closure
     where issuer_id = ${issuerId} and closure_id = ${id} and identified_at is not null and closed_at is null
    union all
    select 'order' from purchase_order where issuer_id = ${issuerId} and order_id = ${id} and state = 'refunding'
    union all
    select 'payment' from unmatched_receipt
     where issuer_id = ${issuerId} and receipt_id = ${id} and state = 'refunding'`.execute(tx)
  for (const { queue } of rows)
    await ctx.jobs.look(tx, queue, { issuerId, id: queue === 'payment' ? `receipt:${id}` : id })
}

/** Everything that was told about this is looked at, with what came of it. */
export async function settleEvents(
  ctx: Context,
  tx: Tx,
  about: { issuerId: string; ref: string; outcome: string },
): Promise<void> {
  await tx
    .updateTable('provider_event')
    .set({ looked_at: ctx.clock.now(), outcome: about.outcome })
    .where('issuer_id', '=', about.issuerId)
    .where('provider', '=', 'stripe')
    .where('object_ref', '=', about.ref)
    .where('looked_at', 'is', null)
    .execute()
}
