import { type HouseAccount, houseAccount } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { PostingReason } from '../ledger/reasons.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

/** Money that came in and that no order waits for. */
export type Receipt = {
  issuerId: string
  receiptId: string
  paymentId: string
  provider: string
  providerRef: string
  reason: string
  orderNumber: string | null
  amount: bigint
  currency: string
  state: string
  refusal: string | null
  tries: number
  /** When a refund was asked for that nobody has answered. */
  askedAt: Date | null
  reference: string | null
  receivedAt: Date
}

function receipts(tx: Tx, issuerId: string) {
  return tx
    .selectFrom('unmatched_receipt as r')
    .innerJoin('payment as p', (j) =>
      j.onRef('p.issuer_id', '=', 'r.issuer_id').onRef('p.payment_id', '=', 'r.payment_id'),
    )
    .select([
      'r.issuer_id as issuerId',
      'r.receipt_id as receiptId',
      'r.payment_id as paymentId',
      'p.provider as provider',
      'p.provider_ref as providerRef',
      'r.reason as reason',
      'r.order_number as orderNumber',
      'r.amount_minor as amount',
      'r.currency as currency',
      'r.state as state',
      'r.refusal as refusal',
      'r.tries as tries',
      'r.asked_at as askedAt',
      'r.reference as reference',
      'r.received_at as receivedAt',
    ])
    .where('r.issuer_id', '=', issuerId)
}

/** Locked until the transaction ends: who decides about it, decides alone. */
export async function lockReceipt(
  tx: Tx,
  id: { issuerId: string; receiptId: string },
): Promise<Receipt | undefined> {
  return receipts(tx, id.issuerId).where('r.receipt_id', '=', id.receiptId).forUpdate('r').executeTakeFirst()
}

/** What is still here, oldest first. */
export async function listUnmatched(tx: Tx, issuerId: string): Promise<Receipt[]> {
  return receipts(tx, issuerId)
    .where('r.state', 'in', ['waiting', 'refunding'])
    .orderBy('r.received_at')
    .orderBy('r.receipt_id')
    .execute()
}

/** Moves what a receipt holds between two of the house's accounts, once for each key. */
export async function move(
  ctx: Context,
  tx: Tx,
  receipt: Receipt,
  movement: { key: string; from: HouseAccount; to: HouseAccount; reason: PostingReason },
): Promise<void> {
  const { issuerId, amount, currency } = receipt
  await post(ctx, tx, {
    issuerId,
    key: movement.key,
    reason: movement.reason,
    entries: [
      {
        accountId: await houseAccount(ctx, tx, { issuerId, kind: movement.from, currency }),
        amount: -amount,
      },
      { accountId: await houseAccount(ctx, tx, { issuerId, kind: movement.to, currency }), amount },
    ],
  })
}

/** Names the posting that ends a receipt. One that was given back by hand in vain ends once more, with more tries. */
export const paidKey = ({ receiptId, tries }: Receipt) =>
  tries > 1 ? `receipt:${receiptId}:paid:${tries - 1}` : `receipt:${receiptId}:paid`

type Noted = {
  state?: string
  tries?: number
  refusal?: string | null
  asked_at?: Date | null
  reference?: string
  settled_at?: Date | null
  told_at?: null
}

export async function note(tx: Tx, id: { issuerId: string; receiptId: string }, noted: Noted): Promise<void> {
  await tx
    .updateTable('unmatched_receipt')
    .set(noted)
    .where('issuer_id', '=', id.issuerId)
    .where('receipt_id', '=', id.receiptId)
    .execute()
}
