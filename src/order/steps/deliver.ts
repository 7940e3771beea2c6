import { issueInvoice } from '../../invoice/issue-invoice.ts'
import { keepContract } from '../../invoice/contract.ts'
import { queueNotice } from '../../notice/queue-notice.ts'
import { noteOrder } from '../order-case.ts'
import type { PayBy } from '../pay-ways.ts'
import { orderPriceLines } from '../price-lines.ts'
import type { LocalOrderStep } from '../order-step.ts'
import { whyNot } from './check.ts'
import { deliverAddOn } from './deliver-add-on.ts'
import { deliverCard } from './deliver-card.ts'
import { postFromBalance, postSale, postTopUp } from './post-sale.ts'
import { readTarget } from './target.ts'

/** What was bought becomes the holder's, with contract, invoice and mail: one transaction. */
export const deliver: LocalOrderStep = {
  kind: 'local',
  name: 'deliver',
  async apply(ctx, tx, told) {
    const reason = await whyNot(tx, told, ctx.clock.now())
    if (reason) return { giveBack: reason }
    const { order } = told
    const { issuer_id: issuerId, order_id: orderId } = order
    const given =
      order.kind === 'card'
        ? await deliverCard(ctx, tx, told)
        : order.kind === 'add_on'
          ? await deliverAddOn(ctx, tx, told)
          : await readTarget(tx, told)
    await tx
      .updateTable('payment')
      .set({ card_id: given.cardId })
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', orderId)
      .execute()
    await noteOrder(tx, told, {
      state: 'delivered',
      held_up_since: null,
      held_up_by: null,
      delivered_at: ctx.clock.now(),
      card_id: given.cardId,
      account_id: given.accountId,
    })
    const locale = order.locale as 'zh-CN' | 'en'
    await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_delivered', locale })
    await keepContract(ctx, tx, {
      issuerId,
      orderId,
      termsVersion: order.terms_version,
      termsSha256: order.terms_sha256,
      acceptedAt: order.accepted_at,
      accountRef: given.accountRef,
    })
    // Books and invoice number last: everybody else who sells for this issuer waits for both from here on.
    if (order.kind === 'top_up') await postTopUp(ctx, tx, told, given.cardId)
    else if (order.pay_by === 'balance') await postFromBalance(ctx, tx, told)
    else await postSale(ctx, tx, told, given.cardId)
    const { number } = await issueInvoice(ctx, tx, {
      issuerId,
      kind: 'invoice',
      orderId,
      cardId: given.cardId,
      accountRef: given.accountRef,
      jurisdiction: order.jurisdiction,
      locale,
      currency: order.currency,
      lines: orderPriceLines(told),
      paidBy: order.pay_by as PayBy,
    })
    if (order.kind === 'card')
      await tx
        .updateTable('card')
        .set({ invoice_no: number })
        .where('issuer_id', '=', issuerId)
        .where('card_id', '=', given.cardId)
        .execute()
    return { done: { card: given.cardId, invoice: number } }
  },
}
