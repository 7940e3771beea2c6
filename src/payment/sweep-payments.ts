import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { lockReceipt } from './receipts.ts'
import { whyUnfit } from './receive-payment.ts'
import { tellStaff } from './tell-staff.ts'
import { matchReceipt } from './unmatched.ts'

// A sweep's share; what is over waits a minute.
const most_at_once = 500
// A webhook comes within seconds; who is asked earlier has nothing new to say.
const first_ask_minutes = 2
const ask_again_minutes = 10
// A page is closed when its order lapses; what was paid in that moment is found until then.
const after_lapse_hours = 24
const events_kept_days = 90

/** What webhooks would have told if they had come: every minute, for every issuer. May run in many processes. */
export async function sweepPayments(ctx: Context): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    await inIssuer(ctx.db, issuerId, (tx) => askForOrders(ctx, tx, issuerId))
    await inIssuer(ctx.db, issuerId, (tx) => lookAgain(ctx, tx, issuerId))
    await matchLateOrders(ctx, issuerId)
    await inIssuer(ctx.db, issuerId, (tx) => tellStaff(ctx, tx, issuerId))
  }
}

const before = (ctx: Context, minutes: number) => new Date(ctx.clock.now().getTime() - minutes * 60_000)

/** Orders whose payer may have paid without our hearing of it, also those that have just lapsed. */
async function askForOrders(ctx: Context, tx: Tx, issuerId: string): Promise<void> {
  const { rows } = await sql<{ payment_ref: string }>`
    update purchase_order o set payment_asked_at = ${ctx.clock.now()}
      from (select order_id from purchase_order
             where issuer_id = ${issuerId} and pay_by = 'stripe' and payment_ref is not null
               and created_at < ${before(ctx, first_ask_minutes)}
               and (payment_asked_at is null or payment_asked_at < ${before(ctx, ask_again_minutes)})
               and (state = 'awaiting_payment'
                    or (state = 'lapsed' and pay_until > ${before(ctx, after_lapse_hours * 60)}))
             order by payment_asked_at nulls first limit ${most_at_once} for update skip locked) due
     where o.issuer_id = ${issuerId} and o.order_id = due.order_id
    returning o.payment_ref`.execute(tx)
  for (const row of rows) await ctx.jobs.look(tx, 'payment', { issuerId, id: row.payment_ref })
}

/** What was told or begun and never came to an end, in case only its look was lost; and old events go. */
async function lookAgain(ctx: Context, tx: Tx, issuerId: string): Promise<void> {
  const since = before(ctx, ask_again_minutes)
  const { rows } = await sql<{ id: string }>`
    (select distinct object_ref as id from provider_event
      where issuer_id = ${issuerId} and looked_at is null and received_at < ${since}
        and object_ref !~ '^(re|pyr)_' limit ${most_at_once})
    union
    (select 'receipt:' || receipt_id from unmatched_receipt
      where issuer_id = ${issuerId} and state = 'refunding' and refusal is null and received_at < ${since}
        and not exists (select 1 from payout_part p where p.issuer_id = unmatched_receipt.issuer_id
                           and p.receipt_id = unmatched_receipt.receipt_id)
      limit ${most_at_once})`.execute(tx)
  for (const { id } of rows) await ctx.jobs.look(tx, 'payment', { issuerId, id })
  await tx
    .deleteFrom('provider_event')
    .where('issuer_id', '=', issuerId)
    .where('received_at', '<', before(ctx, events_kept_days * 24 * 60))
    .execute()
}

/** Money that came before its order, and whose order is there by now. */
async function matchLateOrders(ctx: Context, issuerId: string): Promise<void> {
  const found = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('unmatched_receipt as r')
      .innerJoin('purchase_order as o', (j) =>
        j.onRef('o.issuer_id', '=', 'r.issuer_id').onRef('o.number', '=', 'r.order_number'),
      )
      .select(['r.receipt_id', 'o.number', 'o.state', 'o.currency', 'o.gross_minor'])
      .where('r.issuer_id', '=', issuerId)
      .where('r.state', '=', 'waiting')
      .where('r.reason', '=', 'order_unknown')
      .where('o.state', '=', 'awaiting_payment')
      .limit(most_at_once)
      .execute(),
  )
  for (const row of found)
    await inIssuer(ctx.db, issuerId, async (tx) => {
      const id = { issuerId, receiptId: row.receipt_id }
      const receipt = await lockReceipt(tx, id)
      if (receipt?.state !== 'waiting' || whyUnfit(row, receipt)) return
      await matchReceipt(ctx, tx, { ...id, orderNumber: row.number })
    })
}
