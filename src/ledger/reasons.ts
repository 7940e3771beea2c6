import type { Wording } from '../platform/errors.ts'

/**
 * Why money moves, as the journal keeps it: every reason that may stand in ledger_posting.reason, and what a holder
 * reads on the statement. Reasons that never touch a card's balance are worded too, for staff read the same list.
 */
export const postingReasons = {
  opening: { 'zh-CN': '从旧系统转入的余额', en: 'Balance taken over from the old system' },
  payment_received: { 'zh-CN': '收到付款', en: 'Payment received' },
  order_delivered: { 'zh-CN': '套餐内含余额', en: 'Balance that came with the plan' },
  add_on_bought: { 'zh-CN': '用余额购买增值服务', en: 'Add-on paid from the balance' },
  order_refunded: { 'zh-CN': '订单退款', en: 'Order refunded' },
  top_up: { 'zh-CN': '充值', en: 'Top-up' },
  usage: { 'zh-CN': '使用', en: 'Usage' },
  late_usage: { 'zh-CN': '迟报的使用，不向您收取', en: 'Usage reported late, not charged to you' },
  plan_earned: { 'zh-CN': '套餐收入确认', en: 'Plan used' },
  plan_over: { 'zh-CN': '套餐结束，收入确认', en: 'Plan over' },
  lapse: { 'zh-CN': '余额到期失效', en: 'Balance lapsed' },
  chargeback: { 'zh-CN': '付款被银行追回', en: 'Payment taken back by your bank' },
  chargeback_reversed: { 'zh-CN': '被撤回的付款已恢复', en: 'Payment given back after a dispute' },
  voucher: { 'zh-CN': '代金券', en: 'Voucher' },
  voucher_redeemed: { 'zh-CN': '代金券兑换', en: 'Voucher redeemed' },
  closure_settlement: {
    'zh-CN': '注销结算，余额转为退款',
    en: 'Settled for closing: the balance goes back to you',
  },
  closure_payout: { 'zh-CN': '退款已付出', en: 'Refund paid out' },
  payout_returned: { 'zh-CN': '银行退回的退款', en: 'Refund sent back by the bank' },
  refunded_by_hand: {
    'zh-CN': '客服在支付机构页面退款',
    en: 'Refunded by our staff at the payment provider',
  },
  closure_undone: { 'zh-CN': '注销已撤销，余额恢复', en: 'Closing undone: the balance is yours again' },
  receipt_unmatched: { 'zh-CN': '收到无对应订单的款项', en: 'Money received without an order' },
  unmatched_returned: { 'zh-CN': '无对应订单的款项已退回', en: 'Money without an order sent back' },
  provider_fee: { 'zh-CN': '支付机构手续费', en: "Payment provider's fee" },
  provider_payout: { 'zh-CN': '支付机构转入银行', en: 'Paid by the provider into the bank' },
  correction: { 'zh-CN': '更正', en: 'Correction' },
} satisfies Record<string, Wording>

export type PostingReason = keyof typeof postingReasons

/** What a holder reads for a reason; one that this version does not know is said as it stands. */
export function reasonWording(reason: string): Wording {
  const known: Record<string, Wording> = postingReasons
  return known[reason] ?? { 'zh-CN': reason, en: reason }
}
