import type { Refunded } from '../../adapters/payment/port.ts'
import { houseAccount } from '../../ledger/accounts.ts'
import { post } from '../../ledger/post.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { assert } from '../../platform/errors.ts'
import { arrivesBy } from '../../policy/clocks.ts'
import { type Case, type CaseCard, noteClosure } from '../case.ts'
import type { BlockReason } from '../closure-view.ts'
import type { OutsideStep } from '../step.ts'

type Refund = { paymentRef: string; amount: bigint; currency: string }

/**
 * Money back the way it came. The point of no return is written with the intent, before the provider hears of it:
 * an undo can't slip in between. A card paid by bank waits for staff to transfer and to note the reference.
 */
export const payOut: OutsideStep<CaseCard, Refund, Refunded> = {
  kind: 'outside',
  name: 'pay_out',
  async prepare(ctx, tx, told, card) {
    const amount = card.payoutMinor
    assert(amount !== null, 'a card is settled before it is paid out')
    if (amount === 0n) return { skip: { route: 'nothing' } }
    if (card.payoutRoute === 'bank_transfer') {
      if (!card.bankReference) return { block: { reason: 'bank_details_needed', owner: 'staff' } }
      await noReturn(ctx, tx, told)
      await bookPayout(ctx, tx, told, card)
      return { skip: { route: 'bank_transfer', reference: card.bankReference } }
    }
    await noReturn(ctx, tx, told)
    return { ask: { paymentRef: card.paymentRef, amount, currency: card.currency } }
  },
  call: (_ctx, { payment }, request, key) => payment.refund({ ...request, key }),
  ask: ({ payment }, request, key) => payment.ask({ paymentRef: request.paymentRef, key }),
  async done(ctx, tx, told, card, refunded) {
    await bookPayout(ctx, tx, told, card)
    const arrives = arrivesBy(told.policy, ctx.clock.now()).toISOString()
    return { route: 'original_payment', reference: refunded.refundRef, arrives_by: arrives }
  },
  refused: (code) => ({ block: { reason: blockFor[code] ?? 'payout_refused', owner: 'staff' } }),
}

const blockFor: Record<string, BlockReason> = {
  currency_differs: 'payout_currency_differs',
  more_than_paid: 'payout_more_than_paid',
  already_refunded: 'payout_more_than_paid',
  charged_back: 'payout_charged_back',
}

async function bookPayout(ctx: Context, tx: Tx, told: Case, card: CaseCard): Promise<void> {
  const { issuerId } = told.issuer
  const { currency } = card
  const amount = card.payoutMinor!
  const owed = await houseAccount(ctx, tx, { issuerId, kind: 'refunds_payable', currency })
  const cash = await houseAccount(ctx, tx, { issuerId, kind: 'cash_at_provider', currency })
  await post(ctx, tx, {
    issuerId,
    key: `${told.closure.closure_id}:pay_out:${card.cardId}`,
    reason: 'closure_payout',
    entries: [
      { accountId: owed, amount: -amount },
      { accountId: cash, amount },
    ],
  })
}

/** Named once: when money was first on its way, or the line first on its way out (cut-line.ts). */
export async function noReturn(ctx: Context, tx: Tx, told: Case): Promise<void> {
  // Asked of the row, for what memory says may have been rolled back with another card's transaction.
  const { no_return_at } = await tx
    .selectFrom('closure')
    .select('no_return_at')
    .where('issuer_id', '=', told.closure.issuer_id)
    .where('closure_id', '=', told.closure.closure_id)
    .executeTakeFirstOrThrow()
  if (no_return_at) return
  await noteClosure(tx, told, { no_return_at: ctx.clock.now() })
}
