import { type Selectable, sql } from 'kysely'
import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import type { RefundByHand } from '../platform/tables.ts'

export type OpenByHand = Pick<
  Selectable<RefundByHand>,
  'refund_ref' | 'payment_id' | 'part_id' | 'currency' | 'amount_minor' | 'left_minor' | 'state' | 'made_at'
>

/**
 * Refunds by hand that have met nobody's claim yet, of a card's payments or of an order's; oldest first, locked. One
 * payment may have paid for several imported cards: whichever of them it was booked on, it is here for each, as a refund
 * of that card's own share (`payment_id`).
 */
export async function openByHand(
  tx: Tx,
  of: { issuerId: string; cardId?: string; orderId?: string },
): Promise<OpenByHand[]> {
  const { rows } = await sql<OpenByHand>`
    select h.refund_ref, own.payment_id, h.part_id, h.currency, h.amount_minor, h.left_minor, h.state, h.made_at
      from refund_by_hand h
     cross join lateral (
       select p.payment_id from payment p
        where p.issuer_id = h.issuer_id and p.provider = h.provider and p.provider_ref = h.payment_ref
          and (p.card_id = ${of.cardId ?? null}::uuid or p.order_id = ${of.orderId ?? null}::uuid)
        order by p.payment_id <> h.payment_id, p.payment_id limit 1) own
     where h.issuer_id = ${of.issuerId} and h.left_minor > 0 and h.state in ('waiting', 'counts')
     order by h.made_at, h.refund_ref for update of h`.execute(tx)
  return rows
}

/**
 * Refunds of a payment that are accounted for: a payout of it is refused when the provider knows of others made by
 * hand (adapters/payment/port.ts). For a select with a payment `p`.
 */
export const knownByHandOfP = sql<string[]>`array(
  select h.refund_ref from refund_by_hand h
   where h.issuer_id = p.issuer_id and h.payment_ref = p.provider_ref
     and (h.left_minor = 0 or h.state not in ('waiting', 'counts')))`

export type Meets = {
  issuerId: string
  byHand: OpenByHand
  /** The part that LEB owed and sends no more, or less. */
  partId: string
  amount: bigint
  /** Whose part it becomes, and where in its order. */
  of: { closureId: string; cardId: string; ord: number } | { orderId: string; ord: number }
}

/**
 * `amount` of a refund by hand is what was owed (refunds_payable → refunds_by_hand), and a part of its own says so.
 * What it takes the place of is the caller's to give up or to lessen, in this transaction. Answers the part's id.
 */
export async function meetByHand(ctx: Context, tx: Tx, meets: Meets): Promise<string> {
  const { issuerId, byHand, amount, of } = meets
  const { currency, refund_ref: ref } = byHand
  const kinds = ['refunds_payable', 'refunds_by_hand'] as const
  const house = await houseAccounts(ctx, tx, { issuerId, kinds: [...kinds], currency })
  await post(ctx, tx, {
    issuerId,
    key: `by_hand:${ref}:${meets.partId}`,
    reason: 'refunded_by_hand',
    entries: [
      { accountId: house.refunds_payable!, amount: -amount },
      { accountId: house.refunds_by_hand!, amount },
    ],
  })
  const partId = ctx.ids.next()
  const left = byHand.left_minor - amount
  const whose =
    'closureId' in of ? { closure_id: of.closureId, card_id: of.cardId } : { order_id: of.orderId }
  await tx
    .insertInto('payout_part')
    .values({
      issuer_id: issuerId,
      part_id: partId,
      ...whose,
      ord: of.ord,
      route: 'original_payment',
      payment_id: byHand.payment_id,
      currency,
      amount_minor: amount,
      state: 'paid',
      reference: ref,
      paid_at: byHand.made_at,
    })
    .execute()
  // The rest stays a part that is nobody's; nothing is left of one that was met whole.
  await tx
    .updateTable('payout_part')
    .set({ amount_minor: left, ...(left === 0n && { state: 'refused', refusal: 'met' }) })
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', byHand.part_id)
    .execute()
  await tx
    .updateTable('refund_by_hand')
    .set({ left_minor: left })
    .where('issuer_id', '=', issuerId)
    .where('provider', '=', 'stripe')
    .where('refund_ref', '=', ref)
    .execute()
  byHand.left_minor = left
  return partId
}
