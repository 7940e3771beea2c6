import { type Selectable, sql } from 'kysely'
import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import type { RefundByHand } from '../platform/tables.ts'
import { askForAccount } from '../payout/ask-for-account.ts'
import { hasOrderAccount } from '../payout/bank-details.ts'
import { hasOpenTransfer } from '../payout/order-transfers.ts'
import { bookCash } from './book-refund-by-hand.ts'
import { lockReceipt, move, note } from './receipts.ts'

type Failed = Selectable<RefundByHand>

/**
 * Of a row `refund_by_hand` that is over: what it had met of closures and orders and is still owed by transfer, in minor
 * units; null when that has been paid.
 */
export const owedOfByHand = sql<bigint | null>`(
  select sum(m.amount_minor)::bigint
    from payment p join payout_part m on m.issuer_id = p.issuer_id and m.payment_id = p.payment_id
   where p.issuer_id = refund_by_hand.issuer_id and p.provider = refund_by_hand.provider
     and p.provider_ref = refund_by_hand.payment_ref and m.reference = refund_by_hand.refund_ref
     and m.refusal = 'refund_failed' and num_nonnulls(m.closure_id, m.order_id) = 1
     and exists (
       select 1 from payout_part w
        where w.issuer_id = m.issuer_id and w.route = 'bank_transfer' and w.state in ('waiting', 'sent')
          and (w.closure_id = m.closure_id and w.card_id = m.card_id or w.order_id = m.order_id)))`

/**
 * A refund by hand that failed at the provider: its money is back there. What of it is nobody's yet is here again. What
 * had met somebody's claim is owed again, as a transfer: its holder is asked for an account as when a transfer came
 * back, an order and money without one wait for staff. False, with nothing done, while an order's own refund is on its
 * way: what goes with it can't be told yet.
 */
export async function returnFailed(ctx: Context, tx: Tx, row: Failed): Promise<boolean> {
  const { issuer_id: issuerId, refund_ref: ref, currency, left_minor: left, part_id: partId } = row
  const met = await partsMet(tx, row)
  for (const part of met) if (part.order_id && (await isAsked(tx, issuerId, part.order_id))) return false
  if (left > 0n && partId !== null) {
    await bookCash(ctx, tx, { issuerId, key: `by_hand:${ref}:over`, amount: -left, currency })
    await giveUp(tx, issuerId, partId)
  }
  for (const part of met) await oweAgain(ctx, tx, row, part)
  await reopenReceipt(ctx, tx, row)
  await tx
    .updateTable('refund_by_hand')
    .set({ state: 'over', told_at: null, left_minor: row.amount_minor })
    .where('issuer_id', '=', issuerId)
    .where('provider', '=', row.provider)
    .where('refund_ref', '=', ref)
    .execute()
  return true
}

type Met = {
  part_id: string
  closure_id: string | null
  order_id: string | null
  card_id: string | null
  amount_minor: bigint
}

/** What closures and orders owed and this refund paid (payout/count-by-hand.ts). */
async function partsMet(tx: Tx, row: Failed): Promise<Met[]> {
  const { rows } = await sql<Met>`
    select m.part_id, m.closure_id, m.order_id, m.card_id, m.amount_minor
      from payment p join payout_part m on m.issuer_id = p.issuer_id and m.payment_id = p.payment_id
     where p.issuer_id = ${row.issuer_id} and p.provider = ${row.provider} and p.provider_ref = ${row.payment_ref}
       and m.reference = ${row.refund_ref} and m.state = 'paid' and num_nonnulls(m.closure_id, m.order_id) = 1
     order by m.part_id`.execute(tx)
  return rows
}

/**
 * Whether the order's own refund was asked for and not answered, or its end is just being told; it is not while a
 * transfer that came back is to be sent once more. A worker that has the order in hand is stopped before it writes.
 */
async function isAsked(tx: Tx, issuerId: string, orderId: string): Promise<boolean> {
  await tx
    .updateTable('purchase_order')
    .set((e) => ({ version: e('version', '+', 1n) }))
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', orderId)
    .execute()
  const { rows } = await sql<{ refund: string | null; told: boolean }>`
    select (select state from order_step where issuer_id = ${issuerId} and order_id = ${orderId} and step = 'refund'
             order by attempt desc limit 1) as refund,
           exists (select 1 from order_step where issuer_id = ${issuerId} and order_id = ${orderId}
                      and step = 'tell_refund' and state = 'done') as told`.execute(tx)
  const { refund, told } = rows[0]!
  if (refund === null || refund === 'refused' || told) return false
  return refund !== 'done' || !(await hasOpenTransfer(tx, { issuerId, orderId }))
}

async function oweAgain(ctx: Context, tx: Tx, row: Failed, part: Met): Promise<void> {
  const { issuer_id: issuerId, currency } = row
  const kinds = ['cash_at_provider', 'refunds_payable'] as const
  const house = await houseAccounts(ctx, tx, { issuerId, kinds: [...kinds], currency })
  await post(ctx, tx, {
    issuerId,
    key: `payout:${part.part_id}:returned`,
    reason: 'payout_returned',
    entries: [
      { accountId: house.cash_at_provider!, amount: -part.amount_minor },
      { accountId: house.refunds_payable!, amount: part.amount_minor },
    ],
  })
  await giveUp(tx, issuerId, part.part_id)
  if (part.closure_id === null) return oweOrder(ctx, tx, row, part)
  await addTransfer(ctx, tx, row, part)
  await tx
    .updateTable('closure')
    // A worker that has it in hand as it was would go on to the certificate.
    .set((e) => ({ version: e('version', '+', 1n) }))
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', part.closure_id)
    .execute()
  await ctx.jobs.look(tx, 'closure', { issuerId, id: part.closure_id })
}

/** What an order still gives back goes up by it; one that was told as given back is not. */
async function oweOrder(ctx: Context, tx: Tx, row: Failed, part: Met): Promise<void> {
  const { issuer_id: issuerId } = row
  const last = await tx
    .selectFrom('payout_part')
    .select(['part_id', 'state'])
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', part.order_id)
    .orderBy('ord', 'desc')
    .executeTakeFirstOrThrow()
  if (last.state === 'waiting')
    await tx
      .updateTable('payout_part')
      .set((e) => ({ amount_minor: e('amount_minor', '+', part.amount_minor) }))
      .where('issuer_id', '=', issuerId)
      .where('part_id', '=', last.part_id)
      .execute()
  else await addTransfer(ctx, tx, row, part)
  const order = await tx
    .updateTable('purchase_order')
    .set({ state: 'refunding', refunded_at: null, transfer_told_at: null })
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', part.order_id)
    .where('state', '=', 'refunded')
    .returning('order_id')
    .executeTakeFirst()
  if (!order) return
  const { order_id: orderId } = order
  if (await hasOrderAccount(tx, { issuerId, orderId })) return
  await askForAccount(ctx, tx, { issuerId, orderId })
}

async function addTransfer(ctx: Context, tx: Tx, { issuer_id, currency }: Failed, part: Met): Promise<void> {
  await sql`
    insert into payout_part (issuer_id, part_id, closure_id, order_id, card_id, ord, route, currency, amount_minor)
    select ${issuer_id}, ${ctx.ids.next()}, ${part.closure_id}, ${part.order_id}, ${part.card_id}, max(q.ord) + 1,
           'bank_transfer', ${currency}, ${part.amount_minor.toString()}::bigint
      from payout_part q
     where q.issuer_id = ${issuer_id}
       and (q.closure_id = ${part.closure_id}::uuid and q.card_id = ${part.card_id}::uuid
            or q.order_id = ${part.order_id}::uuid)`.execute(tx)
}

async function giveUp(tx: Tx, issuerId: string, partId: string): Promise<void> {
  await tx
    .updateTable('payout_part')
    .set({ state: 'refused', refusal: 'refund_failed' })
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', partId)
    .execute()
}

/** Money that nobody had ordered, and that this had settled, is owed again: `leb payments unmatched`. */
async function reopenReceipt(ctx: Context, tx: Tx, row: Failed): Promise<void> {
  const { issuer_id: issuerId, payment_id: paymentId, refund_ref: ref } = row
  const found = await tx
    .selectFrom('unmatched_receipt')
    .select('receipt_id')
    .where('issuer_id', '=', issuerId)
    .where('payment_id', '=', paymentId)
    .where('state', '=', 'returned')
    .where('reference', '=', ref)
    .executeTakeFirst()
  const receipt = found && (await lockReceipt(tx, { issuerId, receiptId: found.receipt_id }))
  if (!receipt) return
  await move(ctx, tx, receipt, {
    key: `receipt:${receipt.receiptId}:returned:${ref}`,
    from: 'cash_at_provider',
    to: 'refunds_payable',
    reason: 'payout_returned',
  })
  await note(tx, receipt, {
    state: 'refunding',
    refusal: 'refund_failed',
    tries: receipt.tries > 1 ? receipt.tries + 1 : 2,
    settled_at: null,
    told_at: null,
  })
}
