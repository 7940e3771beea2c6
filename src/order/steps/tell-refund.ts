import { queueNotice } from '../../notice/queue-notice.ts'
import { forgetOrderAccount } from '../../payout/bank-details.ts'
import { hasOpenTransfer } from '../../payout/order-transfers.ts'
import { noteOrder } from '../order-case.ts'
import type { LocalOrderStep } from '../order-step.ts'

export const tellRefund: LocalOrderStep = {
  kind: 'local',
  name: 'tell_refund',
  async apply(ctx, tx, told) {
    const { issuer_id: issuerId, order_id: orderId, locale } = told.order
    // The bank sent it back since the refund was done: the one that stands for it is told when it is there.
    if (await hasOpenTransfer(tx, { issuerId, orderId })) return { wait: 'a person' }
    await noteOrder(tx, told, { state: 'refunded', refunded_at: ctx.clock.now() })
    // Named, and in the end not needed: the payer's bank or staff had given it back.
    await forgetOrderAccount(tx, { issuerId, orderId })
    await queueNotice(ctx, tx, {
      issuerId,
      orderId,
      kind: 'order_refunded',
      locale: locale as 'zh-CN' | 'en',
    })
    return { done: {} }
  },
}
