import { type RawBuilder, sql } from 'kysely'
import type { Issuer } from '../issuer/issuer.ts'
import type { Letter } from '../notice/letter.tsx'
import { queueNotice } from '../notice/queue-notice.ts'
import { unansweredClosure } from '../payout/closures-without-account.ts'
import { last_reminder_after_days } from '../payout/ask-for-account.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { owedOfByHand } from './return-failed.ts'
import { unansweredClosures } from './unanswered-closures.ts'

// A statement with a hundred lines that fit nothing is one mail.
const one_mail_in_minutes = 60
const may_be_met_minutes = 10

const receiptOnItsWay = sql<boolean>`state = 'refunding' and exists (
  select 1 from payout_part q where q.issuer_id = unmatched_receipt.issuer_id
     and q.receipt_id = unmatched_receipt.receipt_id and q.state = 'waiting')`
const receiptHasAccount = sql<boolean>`exists (
  select 1 from purchase_order o join vault_item v on v.issuer_id = o.issuer_id and v.item_id = o.bank_item_id
   where o.issuer_id = unmatched_receipt.issuer_id and o.order_id = unmatched_receipt.order_id and v.kind = 'bank')`
/** Money that an order did not want and whose buyer has named an account: it goes out with the next file. */
const receiptForFile = sql<boolean>`(${receiptOnItsWay} and ${receiptHasAccount})`

/**
 * Money that only people can settle: unknown orders, bank transfers, refused refunds, what is owed to a holder, a transfer
 * whose payee was erased.
 */
const waitsForStaff = sql<boolean>`(state = 'waiting' and (reason in ('order_unknown', 'chargeback_won')
  or exists (select 1 from payment p where p.issuer_id = unmatched_receipt.issuer_id
                and p.payment_id = unmatched_receipt.payment_id and p.provider = 'bank'))
  or state = 'refunding' and refusal is not null or ${receiptOnItsWay} and not ${receiptHasAccount})`

/** Refunds made on the provider's own page that met nobody's claim, or that failed after they had. */
const byHandWaits = sql<boolean>`(state = 'waiting' and left_minor > 0
  or state = 'over' and ${owedOfByHand} is not null)`

/** Orders whose money waits for a transfer. While only their buyer is asked for an account, staff have nothing to do. */
const waitsForTransfer = sql<boolean>`state = 'refunding' and exists (
  select 1 from payout_part q where q.issuer_id = purchase_order.issuer_id and q.order_id = purchase_order.order_id
     and q.route = 'bank_transfer' and q.state = 'waiting')`
const waitsForFile = sql<boolean>`${waitsForTransfer} and exists (
  select 1 from vault_item v where v.issuer_id = purchase_order.issuer_id and v.item_id = purchase_order.bank_item_id
     and v.kind = 'bank')`
/** Who was asked before that was noted (migration 0084) was when their money was owed back. */
const askedAt = sql<Date>`coalesce(bank_asked_at, (
  select max(s.answered_at) from order_step s where s.issuer_id = purchase_order.issuer_id
     and s.order_id = purchase_order.order_id and s.step = 'owe_back'))`
/** Its buyer was asked for an account two weeks ago, and has named none: from their last reminder on. */
const waitsForBuyer = (ctx: Context) => {
  const since = new Date(ctx.clock.now().getTime() - last_reminder_after_days * 86_400_000)
  return sql<boolean>`${waitsForTransfer} and not (${waitsForFile}) and not (${waitsForStaffToSend}) and ${askedAt} < ${since}`
}
/** Its buyer is erased, so no account can be kept. */
const waitsForStaffToSend = sql<boolean>`${waitsForTransfer} and exists (
  select 1 from holder h where h.issuer_id = purchase_order.issuer_id and h.holder_id = purchase_order.holder_id
     and h.wrapped_key is null)`

/** Queues a mail to the issuer's support when something new waits for them, one an hour at most. */
export async function tellStaff(ctx: Context, tx: Tx, issuerId: string): Promise<void> {
  const since = new Date(ctx.clock.now().getTime() - one_mail_in_minutes * 60_000)
  const lately = await tx
    .selectFrom('notice')
    .select('notice_id')
    .where('issuer_id', '=', issuerId)
    .where('kind', '=', 'payments_support')
    .where('created_at', '>', since)
    .executeTakeFirst()
  if (lately) return
  const told = { told_at: ctx.clock.now() }
  const receipts = await tx
    .updateTable('unmatched_receipt')
    .set(told)
    .where('issuer_id', '=', issuerId)
    .where('told_at', 'is', null)
    .where((e) => e.or([waitsForStaff, receiptForFile]))
    .executeTakeFirst()
  const chargebacks = await tx
    .updateTable('chargeback')
    .set(told)
    .where('issuer_id', '=', issuerId)
    .where('told_at', 'is', null)
    .executeTakeFirst()
  const byHand = await tx
    .updateTable('refund_by_hand')
    .set(told)
    .where('issuer_id', '=', issuerId)
    .where('told_at', 'is', null)
    .where(byHandWaits)
    // What is planned is met within minutes, and then there is nothing to tell.
    .where('seen_at', '<', new Date(ctx.clock.now().getTime() - may_be_met_minutes * 60_000))
    .executeTakeFirst()
  const orders = await tx
    .updateTable('purchase_order')
    .set({ held_up_told_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where(heldUp)
    .where('held_up_told_at', 'is', null)
    .executeTakeFirst()
  const transfers = await tx
    .updateTable('purchase_order')
    .set({ transfer_told_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('transfer_told_at', 'is', null)
    .where((e) => e.or([waitsForFile, waitsForStaffToSend, waitsForBuyer(ctx)]))
    .executeTakeFirst()
  const closures = await tx
    .updateTable('closure')
    .set({ bank_told_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('bank_told_at', 'is', null)
    .where(unansweredClosure)
    .executeTakeFirst()
  const news = [receipts, chargebacks, byHand, orders, transfers, closures].some(
    ({ numUpdatedRows }) => numUpdatedRows > 0n,
  )
  if (!news) return
  await queueNotice(ctx, tx, { issuerId, kind: 'payments_support', locale: 'en' })
}

/** What waits by the time the mail is sent; undefined when it was settled meanwhile. Names nobody. */
export async function writeStaffLetter(
  ctx: Context,
  tx: Tx,
  issuer: Issuer,
): Promise<{ to: string; letter: Letter } | undefined> {
  const { issuerId } = issuer
  const count = (table: 'unmatched_receipt' | 'chargeback' | 'refund_by_hand') =>
    tx
      .selectFrom(table)
      .select((e) => e.fn.countAll().as('count'))
      .where('issuer_id', '=', issuerId)
  const receipts = await count('unmatched_receipt').where(waitsForStaff).executeTakeFirstOrThrow()
  const forFileToo = await count('unmatched_receipt').where(receiptForFile).executeTakeFirstOrThrow()
  const disputes = await count('chargeback').where('state', '=', 'open').executeTakeFirstOrThrow()
  const refunds = await count('refund_by_hand').where(byHandWaits).executeTakeFirstOrThrow()
  const [unmatched, open, byHand] = [Number(receipts.count), Number(disputes.count), Number(refunds.count)]
  const orders = await numbersOf(tx, issuerId, heldUp)
  const forFile = await numbersOf(tx, issuerId, waitsForFile)
  const transfers = await numbersOf(tx, issuerId, waitsForStaffToSend)
  const unanswered = await numbersOf(tx, issuerId, waitsForBuyer(ctx))
  const besides = Number(forFileToo.count)
  const paragraphs = [
    ...(unmatched > 0
      ? [
          `${unmatched} × money that fits no order. What it is: npx leb payments unmatched --issuer ${issuerId}`,
        ]
      : []),
    ...(besides > 0
      ? [
          `${besides} × money that came for an order besides and goes back with the next file for the bank. Make it: npx leb payout file --issuer ${issuerId} --out payouts.xml`,
        ]
      : []),
    ...(open > 0
      ? [
          `${open} × a payment taken back by the payer's bank and undecided. Which: npx leb payments chargebacks --issuer ${issuerId}. Contest it in the payment provider's dashboard before its day is over.`,
        ]
      : []),
    ...(orders.length > 0
      ? [
          `Paid orders that can't be delivered before something on our side is mended, and go back by themselves if it is not: ${orders.join(', ')}. Why: npx leb order status NUMBER.`,
        ]
      : []),
    ...(forFile.length > 0
      ? [
          `Orders that could not be delivered and whose money goes out with the next file for the bank: ${forFile.join(', ')}. Make it: npx leb payout file --issuer ${issuerId} --out payouts.xml. Or send it by hand and say so: npx leb order paid NUMBER --reference TEXT.`,
        ]
      : []),
    ...(transfers.length > 0
      ? [
          `Orders that could not be delivered and whose money only you can send back, by bank transfer, because their buyer's data is erased: ${transfers.join(', ')}. How much, and what it takes: npx leb order status NUMBER. When it is sent: npx leb order paid NUMBER --reference TEXT.`,
        ]
      : []),
    ...(unanswered.length > 0
      ? [
          `Orders that could not be delivered and whose buyer was asked for a bank account over two weeks ago, was reminded, and has named none: ${unanswered.join(', ')}. Write to them, or agree another way, send it and say so: npx leb order paid NUMBER --reference TEXT.`,
        ]
      : []),
    ...(await unansweredClosures(tx, issuerId, orders_in_a_mail)),
    ...(byHand > 0
      ? [
          `${byHand} × a refund made on the payment provider's own page that LEB planned nothing for, or that failed there. Say what it was for: npx leb payments by-hand --issuer ${issuerId}`,
        ]
      : []),
  ]
  if (paragraphs.length === 0) return undefined
  return {
    to: issuer.brand.supportEmail,
    letter: { locale: 'en', subject: `Money that waits for you (${issuerId})`, paragraphs },
  }
}

/** Their numbers name nobody; more than these are the same fault. */
const orders_in_a_mail = 20

const heldUp = sql<boolean>`state = 'paid' and held_up_since is not null`

async function numbersOf(tx: Tx, issuerId: string, which: RawBuilder<boolean>): Promise<string[]> {
  const rows = await tx
    .selectFrom('purchase_order')
    .select('number')
    .where('issuer_id', '=', issuerId)
    .where(which)
    .orderBy('created_at')
    .limit(orders_in_a_mail)
    .execute()
  return rows.map(({ number }) => number)
}
