import { lockCardBalance } from '../../ledger/accounts.ts'
import { openByHand } from '../../payout/count-by-hand.ts'
import type { Tx } from '../../platform/db.ts'
import { type OrderCase, paymentOf, type RefundReason } from '../order-case.ts'
import type { LocalOrderStep } from '../order-step.ts'
import { readSetAside } from '../set-aside.ts'

/** Before anybody outside is asked: may this still be delivered? */
export const check: LocalOrderStep = {
  kind: 'local',
  name: 'check',
  async apply(ctx, tx, told) {
    const reason = await whyNot(tx, told, ctx.clock.now())
    return reason ? { giveBack: reason } : { done: {} }
  },
}

/**
 * Why an order can't be delivered at this moment, or undefined. Locks the card or account it is for, so that no
 * closing comes between this and a delivery in the same transaction.
 */
export async function whyNot(tx: Tx, told: OrderCase, now: Date): Promise<RefundReason | undefined> {
  const { order, item } = told
  const issuerId = order.issuer_id
  const fromBalance = order.pay_by === 'balance'
  const taken = fromBalance ? undefined : await takenBack(tx, told)
  if (taken) return taken
  if (item?.withdrawnAt) return 'item_withdrawn'
  if (order.kind !== 'card') {
    // What will be posted on a balance is locked before the card, as usage does it: else the two wait for each other.
    if (order.kind === 'top_up' || fromBalance)
      await lockCardBalance(tx, { issuerId, cardId: order.card_id! })
    const card = await tx
      .selectFrom('card')
      .select(['state', 'expires_at', 'ended_for_good'])
      .where('issuer_id', '=', issuerId)
      .where('card_id', '=', order.card_id)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (card?.state !== 'open') return 'card_closing'
    // What ended meanwhile takes nothing but days that bring it back, and nothing at all once its money went back.
    const days = item?.kind === 'add_on' ? item.terms.more_days : 0
    if (card.ended_for_good || (card.expires_at <= now && days === 0)) return 'card_ended'
  }
  if (order.account_id) {
    const account = await tx
      .selectFrom('account')
      .select('state')
      .where('issuer_id', '=', issuerId)
      .where('account_id', '=', order.account_id)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (account?.state !== 'open') return 'account_closing'
  }
  const holder = await tx
    .selectFrom('holder')
    .select('erased_at')
    .where('issuer_id', '=', issuerId)
    .where('holder_id', '=', order.holder_id)
    .executeTakeFirst()
  if (!holder || holder.erased_at !== null) return 'person_erased'
  // Asked last: the end of its card or account has let it go, and that is what is said then.
  const isSetAside =
    !fromBalance || (await readSetAside(tx, { issuerId, orderId: order.order_id }, now)).isGood
  return isSetAside ? undefined : 'not_set_aside'
}

/** The payer's bank or our staff have given the payment back already. */
async function takenBack(tx: Tx, told: OrderCase): Promise<RefundReason | undefined> {
  const { issuer_id: issuerId, order_id: orderId } = told.order
  const payment = await paymentOf(tx, told)
  if (payment.charged_back_minor > 0n) return 'charged_back'
  const byHand = await openByHand(tx, { issuerId, orderId })
  return byHand.length > 0 ? 'refunded_by_hand' : undefined
}
