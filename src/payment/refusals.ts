import type { Refusals } from '../platform/errors.ts'

export type PaymentRefusal =
  | 'payments/no_such_receipt'
  | 'payments/receipt_settled'
  | 'payments/no_such_order'
  | 'payments/order_unfit'
  | 'payments/not_by_provider'
  | 'payments/no_such_refund'
  | 'payments/money_news'

/** Said to staff, who settle what could not settle itself. */
export const paymentRefusals: Refusals<PaymentRefusal> = {
  'payments/no_such_receipt': {
    status: 404,
    title: { 'zh-CN': '没有这笔未对上的款项', en: 'There is no such unmatched money' },
    next: {
      'zh-CN': '用 leb payments unmatched 查看现有款项。',
      en: 'See what there is with leb payments unmatched.',
    },
  },
  'payments/receipt_settled': {
    status: 409,
    title: { 'zh-CN': '这笔款项已处理或正在退回', en: 'This money is settled already, or on its way back' },
    next: {
      'zh-CN': '用 leb payments unmatched 查看现状。',
      en: 'See how it stands with leb payments unmatched.',
    },
  },
  'payments/no_such_order': {
    status: 404,
    title: { 'zh-CN': '没有这个订单号', en: 'There is no order with this number' },
    next: { 'zh-CN': '请检查订单号。', en: 'Check the number of the order.' },
  },
  'payments/order_unfit': {
    status: 409,
    title: {
      'zh-CN': '这个订单不等待这笔款项（{why}）',
      en: 'This order does not wait for this money ({why})',
    },
    next: { 'zh-CN': '请退回这笔款项。', en: 'Give the money back instead.' },
  },
  'payments/no_such_refund': {
    status: 404,
    title: {
      'zh-CN': '没有这笔待处理的人工退款',
      en: 'There is no refund by hand with this name that waits for you',
    },
    next: {
      'zh-CN': '用 leb payments by-hand 查看现有退款。',
      en: 'See what there is with leb payments by-hand.',
    },
  },
  'payments/money_news': {
    status: 409,
    title: {
      'zh-CN': '支付机构刚刚报告了拒付或人工退款，尚未记账',
      en: 'The payment provider has just told of a dispute or a refund that was not booked yet',
    },
    next: {
      'zh-CN':
        '现已记账。请先用 leb payments by-hand 和 leb payments chargebacks 查看；若仍应如此处理，请重复此操作。',
      en: 'It is booked now. Look at leb payments by-hand and leb payments chargebacks first; if this is right all the same, do it once more.',
    },
  },
  'payments/not_by_provider': {
    status: 409,
    title: {
      'zh-CN': '银行转账不能由支付机构退回',
      en: 'Money that came by bank transfer can’t go back through the payment provider',
    },
    next: {
      'zh-CN': '请从您的银行转回，并用 leb payments returned 记下凭证号。',
      en: 'Transfer it back at your bank, and note the reference with leb payments returned.',
    },
  },
}
