import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import type { OrderCase } from './order-case.ts'

/** An order's money waits for a bank account that only its buyer can name: said the moment that is so. */
export function askForAccount(ctx: Context, tx: Tx, { order }: OrderCase): Promise<void> {
  const { issuer_id: issuerId, order_id: orderId } = order
  const locale = order.locale as 'zh-CN' | 'en'
  return queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_wants_account', locale })
}
