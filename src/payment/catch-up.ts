import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { errorFields } from '../platform/log.ts'
import { takeDispute } from './charge-back.ts'
import { takeRefundsByHand } from './take-refunds-by-hand.ts'

/** Whose payments: a card's, an order's, or unmatched money. */
type Whose = { issuerId: string } & ({ iccid: string } | { orderId: string } | { receiptId: string })

/**
 * Before staff note that they have paid by hand: what the provider knows of these payments and LEB does not yet (a
 * dispute under way, a refund in the dashboard) is booked. True when something was; then staff decide with it in view.
 * A provider that says nothing keeps nobody from noting what is a fact.
 */
export async function catchUp(ctx: Context, whose: Whose): Promise<boolean> {
  const { issuerId } = whose
  const paymentRefs = await inIssuer(ctx.db, issuerId, (tx) => refsOf(tx, whose))
  if (paymentRefs.length === 0) return false
  const before = await inIssuer(ctx.db, issuerId, (tx) => knownOf(tx, issuerId, paymentRefs))
  try {
    const payment = await ctx.providers.of(issuerId).payment()
    for (const paymentRef of paymentRefs) {
      const disputes = await payment.listDisputes(paymentRef)
      for (const disputeRef of disputes.kind === 'done' ? disputes.value : [])
        await takeDispute(ctx, { issuerId, disputeRef })
      await takeRefundsByHand(ctx, { issuerId, paymentRef })
    }
  } catch (error) {
    ctx.log.warn('the payment provider could not be asked for news', {
      issuer: issuerId,
      ...errorFields(error),
    })
  }
  return before !== (await inIssuer(ctx.db, issuerId, (tx) => knownOf(tx, issuerId, paymentRefs)))
}

/**
 * Before a file for the bank: the same for every order that a card paid and whose transfer would be in it. What turns
 * out to be taken is left out of the file (payout/waiting-transfers.ts), and its worker reckons anew.
 */
export async function catchUpTransfers(ctx: Context, issuerId: string): Promise<void> {
  const { rows } = await inIssuer(ctx.db, issuerId, (tx) =>
    sql<{ id: string }>`
      select distinct o.order_id as id from purchase_order o
        join payout_part p on p.issuer_id = o.issuer_id and p.order_id = o.order_id
        join vault_item v on v.issuer_id = o.issuer_id and v.item_id = o.bank_item_id and v.kind = 'bank'
       where o.issuer_id = ${issuerId} and o.state = 'refunding' and o.pay_by = 'stripe'
         and p.route = 'bank_transfer' and p.state = 'waiting'
       order by 1`.execute(tx),
  )
  for (const { id } of rows) await catchUp(ctx, { issuerId, orderId: id })
}

async function refsOf(tx: Tx, whose: Whose): Promise<string[]> {
  const which =
    'iccid' in whose
      ? sql`p.card_id in (select card_id from card c where c.issuer_id = p.issuer_id and c.iccid = ${whose.iccid})`
      : 'orderId' in whose
        ? sql`p.order_id = ${whose.orderId}`
        : sql`p.payment_id in (select payment_id from unmatched_receipt r
                where r.issuer_id = p.issuer_id and r.receipt_id = ${whose.receiptId})`
  const { rows } = await sql<{ ref: string }>`
    select distinct p.provider_ref as ref from payment p
     where p.issuer_id = ${whose.issuerId} and p.provider = 'stripe' and ${which} order by 1`.execute(tx)
  return rows.map(({ ref }) => ref)
}

/** What is known of these payments that came from the provider without our asking. */
async function knownOf(tx: Tx, issuerId: string, paymentRefs: string[]): Promise<string> {
  const { rows } = await sql<{ known: string }>`
    select coalesce(string_agg(n.name || ' ' || n.state, ',' order by n.name), '') as known from (
      select b.dispute_ref || b.payment_id as name, b.state from chargeback b join payment p using (issuer_id, payment_id)
       where b.issuer_id = ${issuerId} and p.provider_ref = any (${paymentRefs}::text[])
      union all
      select h.refund_ref, h.state from refund_by_hand h
       where h.issuer_id = ${issuerId} and h.payment_ref = any (${paymentRefs}::text[])) n`.execute(tx)
  return rows[0]!.known
}
