import type { Issuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { boughtWords } from './bought-words.ts'
import { checkStep } from './check-step.ts'
import { orderPath } from './order-token.ts'
import type { OrderView } from './read-order.ts'

// A page that ends while somebody types their card number in is worse than a new one.
const page_good_for_minutes = 2

/**
 * Where the buyer pays: the provider's own page, opened once for each order and asked for again until it ends.
 * Throws Refusal order/not_payable, order/amount_not_taken, order/provider_silent (with nothing charged).
 */
export async function startPayment(
  ctx: Context,
  input: { issuer: Issuer; order: OrderView; locale: 'zh-CN' | 'en' },
): Promise<{ payUrl: string }> {
  const { issuer, order, locale } = input
  const { issuerId } = issuer
  const now = ctx.clock.now()
  if (order.state !== 'awaiting_payment' || order.payBy !== 'stripe' || order.payUntil <= now)
    throw new Refusal('order/not_payable')
  // Orders are not taken so; one from before that was seen to is not told to try again for ever.
  checkStep(order.gross, order.payBy)
  const known = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('purchase_order')
      .select(['pay_url', 'pay_url_until'])
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', order.orderId)
      .executeTakeFirst(),
  )
  const goodUntil = new Date(now.getTime() + page_good_for_minutes * 60_000)
  if (known?.pay_url && known.pay_url_until && known.pay_url_until > goodUntil)
    return { payUrl: known.pay_url }
  const payment = await ctx.providers.of(issuerId).payment()
  const page = `${ctx.config.publicUrl}${orderPath(locale, order)}`
  const answer = await payment.openPayment({
    key: `order:${order.orderId}`,
    amount: order.gross.amount,
    currency: order.gross.currency,
    orderNumber: order.number,
    description: boughtWords(order, locale),
    returnUrl: `${page}?paid=1`,
    cancelUrl: page,
    locale,
    until: order.payUntil,
  })
  if (answer.kind === 'refused')
    ctx.log.warn('the payment provider opened no page', { issuer: issuerId, reason: answer.code })
  if (answer.kind !== 'done') throw new Refusal('order/provider_silent')
  const { ref, payUrl, until } = answer.value
  await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .updateTable('purchase_order')
      .set({ payment_ref: ref, pay_url: payUrl, pay_url_until: new Date(until) })
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', order.orderId)
      .where('state', '=', 'awaiting_payment')
      .execute(),
  )
  return { payUrl }
}
