import { houseAccount } from '../../ledger/accounts.ts'
import { post } from '../../ledger/post.ts'
import { askForAccount } from '../../payout/ask-for-account.ts'
import { paymentOf } from '../order-case.ts'
import type { LocalOrderStep } from '../order-step.ts'

/**
 * orders_in_hand → refunds_payable, as far as the payer's bank has not taken it back already, and the part that goes
 * back. There is no invoice to credit: one is issued with the delivery only, and no tax was booked.
 */
export const oweBack: LocalOrderStep = {
  kind: 'local',
  name: 'owe_back',
  async apply(ctx, tx, told) {
    const { order } = told
    const { issuer_id: issuerId, order_id: orderId, currency } = order
    const payment = await paymentOf(tx, told)
    const owed = payment.amount_minor - payment.charged_back_minor
    const house = (kind: 'orders_in_hand' | 'refunds_payable' | 'chargebacks') =>
      houseAccount(ctx, tx, { issuerId, kind, currency })
    const entries = [
      { accountId: await house('orders_in_hand'), amount: -payment.amount_minor },
      { accountId: await house('refunds_payable'), amount: owed },
      { accountId: await house('chargebacks'), amount: payment.charged_back_minor },
    ]
    await post(ctx, tx, {
      issuerId,
      key: `${orderId}:owe_back`,
      reason: 'order_refunded',
      entries: entries.filter((entry) => entry.amount !== 0n),
    })
    const route = routeOf(payment.provider, owed)
    await tx
      .insertInto('payout_part')
      .values({
        issuer_id: issuerId,
        // One part an order, found again by its id.
        part_id: orderId,
        order_id: orderId,
        card_id: order.card_id,
        ord: 1,
        route,
        payment_id: route === 'original_payment' ? payment.payment_id : null,
        currency,
        amount_minor: owed,
        state: route === 'nothing' ? 'paid' : 'waiting',
        ...(route === 'nothing' && { paid_at: ctx.clock.now() }),
      })
      .execute()
    if (route === 'bank_transfer') await askForAccount(ctx, tx, { issuerId, orderId })
    return { done: { amount: owed.toString(), currency, route } }
  },
}

function routeOf(
  provider: string,
  owed: bigint,
): 'original_payment' | 'bank_transfer' | 'voucher' | 'nothing' {
  if (owed === 0n) return 'nothing'
  if (provider === 'stripe') return 'original_payment'
  return provider === 'voucher' ? 'voucher' : 'bank_transfer'
}
