import { sql } from 'kysely'
import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { burnPayoutFile } from './file-envelope.ts'
import { forgetBankDetails, forgetReturnedAccount } from './bank-details.ts'
import { receiptTransferPaid, receiptTransferReturned } from './receipt-transfers.ts'
import { lockOrderOfPart, orderTransferPaid, orderTransferReturned } from './order-transfers.ts'

/** What a bank statement says of one of our transfers. Minor units; `bookedOn` is a day (YYYY-MM-DD). */
export type BookedTransfer = {
  issuerId: string
  endToEndId: string
  amount: bigint
  currency: string
  bookedOn: string
}

/** `known`: heard before, nothing moved. `differs`: it is ours, but not this sum or not sent: a person must look. */
export type TransferAnswer = 'settled' | 'known' | 'unknown' | 'differs'

/** A part's name in files for the bank and on its statements: the part's id, 32 hexadecimal digits. */
export const endToEndId = (partId: string) => partId.replaceAll('-', '')

function partIdOf(id: string): string | undefined {
  const hex = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i.exec(id.trim())
  return hex?.slice(1).join('-').toLowerCase()
}

/** The bank has booked a transfer: the money has left. Once for each transfer, however often it is heard. */
export async function transferSettled(ctx: Context, tx: Tx, booked: BookedTransfer): Promise<TransferAnswer> {
  const part = await lockTransfer(tx, booked)
  if (!part) return 'unknown'
  if (part.currency !== booked.currency || part.amount_minor !== booked.amount) return 'differs'
  if (part.state === 'paid') return 'known'
  if (part.state !== 'sent') return 'differs'
  await settleTransfer(ctx, tx, {
    issuerId: booked.issuerId,
    part: {
      partId: part.part_id,
      closureId: part.closure_id,
      orderId: part.order_id,
      receiptId: part.receipt_id,
      amount: part.amount_minor,
      currency: part.currency,
    },
    reference: `${booked.bookedOn} ${endToEndId(part.part_id)}`,
  })
  return 'settled'
}

type Part = {
  partId: string
  amount: bigint
  currency: string
  closureId: string | null
  orderId?: string | null
  receiptId?: string | null
}

/** Books a transfer as paid; the closure or order goes on. The part is locked by the caller, and not paid yet. */
export async function settleTransfer(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; part: Part; reference: string },
): Promise<void> {
  const { issuerId, part, reference } = input
  const kinds = ['refunds_payable', 'cash_at_bank'] as const
  const house = await houseAccounts(ctx, tx, { issuerId, kinds: [...kinds], currency: part.currency })
  await post(ctx, tx, {
    issuerId,
    key: `payout:${part.partId}`,
    reason: part.receiptId ? 'unmatched_returned' : part.orderId ? 'order_refunded' : 'closure_payout',
    entries: [
      { accountId: house.refunds_payable!, amount: -part.amount },
      { accountId: house.cash_at_bank!, amount: part.amount },
    ],
  })
  const settled = await tx
    .updateTable('payout_part')
    .set({ state: 'paid', reference, paid_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', part.partId)
    .returning('file_id')
    .executeTakeFirstOrThrow()
  if (settled.file_id) await burnPayoutFile(ctx, tx, { issuerId, fileId: settled.file_id })
  if (part.receiptId) return receiptTransferPaid(ctx, tx, { issuerId, receiptId: part.receiptId, reference })
  if (part.orderId) return orderTransferPaid(ctx, tx, { issuerId, orderId: part.orderId })
  if (!part.closureId) return
  await forgetBankDetails(tx, { issuerId, closureId: part.closureId })
  await ctx.jobs.look(tx, 'closure', { issuerId, id: part.closureId })
}

/**
 * The bank has sent a transfer back: it is owed again, by a new part, for another account of its payee's. Answers
 * `settled` when that was done, `known` when it had been. The old part stays, as evidence.
 */
export async function transferReturned(
  ctx: Context,
  tx: Tx,
  booked: BookedTransfer,
): Promise<TransferAnswer> {
  const { issuerId } = booked
  const part = await lockTransfer(tx, booked)
  if (!part) return 'unknown'
  if (part.currency !== booked.currency || part.amount_minor !== booked.amount) return 'differs'
  if (part.state === 'refused') return part.refusal === 'transfer_returned' ? 'known' : 'differs'
  if (part.state === 'waiting') return 'differs'
  if (part.state === 'paid') await owedAgain(ctx, tx, issuerId, part)
  await tx
    .updateTable('payout_part')
    .set({ state: 'refused', refusal: 'transfer_returned' })
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', part.part_id)
    .execute()
  if (part.file_id) await burnPayoutFile(ctx, tx, { issuerId, fileId: part.file_id })
  const namingId = part.naming_id
  if (part.receipt_id) {
    await receiptTransferReturned(ctx, tx, { issuerId, receiptId: part.receipt_id, namingId })
    return 'settled'
  }
  await sql`
    insert into payout_part (issuer_id, part_id, closure_id, order_id, card_id, ord, route, currency, amount_minor)
    select ${issuerId}, ${ctx.ids.next()}, ${part.closure_id}, ${part.order_id}, ${part.card_id}, max(q.ord) + 1,
           'bank_transfer', ${part.currency}, ${part.amount_minor.toString()}::bigint
      from payout_part q
     where q.issuer_id = ${issuerId}
       and (q.closure_id = ${part.closure_id}::uuid and q.card_id = ${part.card_id}::uuid
            or q.order_id = ${part.order_id}::uuid)`.execute(tx)
  if (part.order_id) await orderTransferReturned(ctx, tx, { issuerId, orderId: part.order_id, namingId })
  if (part.closure_id) {
    await forgetReturnedAccount(tx, { issuerId, closureId: part.closure_id, namingId })
    // Nobody waits for the bank any more; what is waited for now, the look that comes says of the new part.
    await tx
      .updateTable('closure_block')
      .set({ cleared_at: ctx.clock.now() })
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', part.closure_id)
      .where('scope_id', '=', part.part_id)
      .where('cleared_at', 'is', null)
      .execute()
    await ctx.jobs.look(tx, 'closure', { issuerId, id: part.closure_id })
  }
  return 'settled'
}

type TransferRow = NonNullable<Awaited<ReturnType<typeof lockTransfer>>>

async function owedAgain(ctx: Context, tx: Tx, issuerId: string, part: TransferRow): Promise<void> {
  const kinds = ['refunds_payable', 'cash_at_bank'] as const
  const house = await houseAccounts(ctx, tx, { issuerId, kinds: [...kinds], currency: part.currency })
  await post(ctx, tx, {
    issuerId,
    key: `payout:${part.part_id}:returned`,
    reason: 'payout_returned',
    entries: [
      { accountId: house.cash_at_bank!, amount: -part.amount_minor },
      { accountId: house.refunds_payable!, amount: part.amount_minor },
    ],
  })
}

async function lockTransfer(tx: Tx, booked: Pick<BookedTransfer, 'issuerId' | 'endToEndId'>) {
  const partId = partIdOf(booked.endToEndId)
  if (!partId) return undefined
  await lockOrderOfPart(tx, { issuerId: booked.issuerId, partId })
  return tx
    .selectFrom('payout_part')
    .select([
      'part_id',
      'closure_id',
      'order_id',
      'receipt_id',
      'card_id',
      'currency',
      'amount_minor',
      'state',
      'refusal',
      'file_id',
      'naming_id',
    ])
    .where('issuer_id', '=', booked.issuerId)
    .where('part_id', '=', partId)
    .where('route', '=', 'bank_transfer')
    .forNoKeyUpdate()
    .executeTakeFirst()
}
