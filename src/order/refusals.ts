import type { Refusals } from '../platform/errors.ts'

export type OrderRefusal =
  | 'order/no_such_item'
  | 'order/offer_changed'
  | 'order/zone_not_in_plan'
  | 'order/no_price_in_currency'
  | 'order/country_unknown'
  | 'order/no_tax_rule'
  | 'order/amount_missing'
  | 'order/amount_not_plain'
  | 'order/amount_negative'
  | 'order/amount_too_many_digits'
  | 'order/amount_out_of_range'
  | 'order/amount_not_taken'
  | 'order/currency_differs'
  | 'order/no_top_up_in_currency'
  | 'order/card_closing'
  | 'order/card_ended'
  | 'order/account_closing'
  | 'order/terms_not_accepted'
  | 'order/not_selling'
  | 'order/pay_by_unavailable'
  | 'order/voucher_wrong'
  | 'order/balance_short'
  | 'order/balance_short_ended'
  | 'order/no_such_order'
  | 'order/not_payable'
  | 'order/provider_silent'
  | 'order/not_to_take_back'
  | 'order/take_back_unsure'
  | 'order/account_link_needed'
  | 'order/no_transfer_waits'
  | 'order/person_gone'

export const orderRefusals: Refusals<OrderRefusal> = {
  'order/no_such_item': {
    status: 404,
    title: { 'zh-CN': '没有这个商品', en: 'There is no such plan or add-on' },
    next: { 'zh-CN': '请在商店里重新选择。', en: 'Choose again in the shop.' },
  },
  'order/offer_changed': {
    status: 409,
    title: { 'zh-CN': '这个商品刚刚有变动', en: 'The offer has changed in the meantime' },
    next: {
      'zh-CN': '没有下单。请看过新的内容后再下单。',
      en: 'Nothing was ordered. Look at it again first.',
    },
  },
  'order/zone_not_in_plan': {
    status: 422,
    field: 'zone',
    title: { 'zh-CN': '这个套餐不覆盖该地区', en: 'This plan does not work there' },
    next: { 'zh-CN': '请选择列出的地区。', en: 'Choose one of its zones.' },
  },
  'order/no_price_in_currency': {
    status: 422,
    field: 'currency',
    title: { 'zh-CN': '没有 {currency} 的价格', en: 'There is no price in {currency}' },
    next: { 'zh-CN': '可用的币种：{known}。', en: 'It is sold in {known}.' },
  },
  'order/country_unknown': {
    status: 422,
    field: 'live',
    title: { 'zh-CN': '请选择您居住的国家或地区', en: 'Choose the country you live in' },
    next: {
      'zh-CN': '它决定适用的税和退款规则。',
      en: 'It decides which tax and which rules for refunds apply.',
    },
  },
  'order/no_tax_rule': {
    status: 409,
    field: 'live',
    title: {
      'zh-CN': '目前不向您居住的国家或地区销售',
      en: 'This is not sold to people who live in your country yet',
    },
    next: {
      'zh-CN': '没有下单，也没有扣款：我们还没有确定那里适用的税。请联系客服。',
      en: 'Nothing was ordered or charged: we have not settled which tax applies there. Write to support.',
    },
  },
  'order/amount_missing': {
    status: 422,
    field: 'amount',
    title: { 'zh-CN': '请填写金额', en: 'The amount is missing' },
    next: {
      'zh-CN': '请输入 {min} 到 {max} 之间的金额，例如 {example}。',
      en: 'Enter one from {min} to {max}, like {example}.',
    },
  },
  'order/amount_not_plain': {
    status: 422,
    field: 'amount',
    title: { 'zh-CN': '金额写法不对', en: 'That is not a plain amount' },
    next: {
      'zh-CN': '请只用数字和一个小数点，例如 {example}，不要千位分隔符。',
      en: 'Use digits and one point only, like {example}: no thousands separators.',
    },
  },
  'order/amount_negative': {
    status: 422,
    field: 'amount',
    title: { 'zh-CN': '金额不能小于零', en: 'An amount is not below zero' },
    next: { 'zh-CN': '请输入 {min} 到 {max} 之间的金额。', en: 'Enter one from {min} to {max}.' },
  },
  'order/amount_too_many_digits': {
    status: 422,
    field: 'amount',
    title: {
      'zh-CN': '{currency} 的小数位最多 {digits} 位',
      en: '{currency} has {digits} digits after the point',
    },
    next: { 'zh-CN': '请写成类似 {example} 的金额。', en: 'Write it like {example}.' },
  },
  'order/amount_out_of_range': {
    status: 422,
    field: 'amount',
    title: { 'zh-CN': '每次可充 {min} 到 {max}', en: 'One top-up is from {min} to {max}' },
    next: { 'zh-CN': '请输入这个范围内的金额。', en: 'Enter an amount in this range.' },
  },
  'order/amount_not_taken': {
    status: 422,
    field: 'pay_by',
    title: {
      'zh-CN': '这种付款方式无法收取 {amount}',
      en: "This way to pay can't take {amount}",
    },
    next: {
      'zh-CN': '没有扣款。用这种方式付款，金额须是 {step} 的整数倍，例如 {example}；也可以换一种付款方式。',
      en: 'Nothing was charged. It takes amounts in steps of {step}, such as {example}. Pay another way, or change the amount.',
    },
  },
  'order/currency_differs': {
    status: 422,
    field: 'currency',
    title: { 'zh-CN': '这张卡的余额是 {currency}', en: "This card's balance is in {currency}" },
    next: { 'zh-CN': '请用 {currency} 充值。', en: 'Top it up in {currency}.' },
  },
  'order/no_top_up_in_currency': {
    status: 422,
    title: { 'zh-CN': '{currency} 的卡目前不能充值', en: "Cards in {currency} can't be topped up" },
    next: { 'zh-CN': '请联系客服。', en: 'Write to support.' },
  },
  'order/card_ended': {
    status: 409,
    title: { 'zh-CN': '这张卡已到期', en: 'This card has ended' },
    next: {
      'zh-CN': '没有扣款。请先为这张卡购买天数，或购买新卡；卡到期时余额已开始退还的，只能购买新卡。',
      en: 'Nothing was charged. Buy days for this card first, or a new card. Only a new one where its money was on its way back when it ended.',
    },
  },
  'order/card_closing': {
    status: 409,
    title: { 'zh-CN': '这张卡正在注销或已注销', en: 'This card is being closed, or is closed' },
    next: {
      'zh-CN': '没有扣款。要继续使用，可以先在进度页撤销注销，或购买新卡。',
      en: 'Nothing was charged. Undo the closure on its progress page first, or buy a new card.',
    },
  },
  'order/account_closing': {
    status: 409,
    title: { 'zh-CN': '这个账户正在注销或已注销', en: 'This account is being closed, or is closed' },
    next: {
      'zh-CN': '没有扣款。退出登录后可以用邮箱直接购买。',
      en: 'Nothing was charged. Sign out to buy with your e-mail address instead.',
    },
  },
  'order/terms_not_accepted': {
    status: 422,
    field: 'accept',
    title: { 'zh-CN': '请先阅读并接受条款', en: 'Please read and accept the terms first' },
    next: { 'zh-CN': '勾选后再下单。', en: 'Tick the box, then order.' },
  },
  'order/not_selling': {
    status: 409,
    title: { 'zh-CN': '暂停销售', en: 'Nothing can be bought here at the moment' },
    next: { 'zh-CN': '请稍后再来，或联系客服。', en: 'Come back later, or write to support.' },
  },
  'order/pay_by_unavailable': {
    status: 422,
    field: 'pay_by',
    title: { 'zh-CN': '不支持这种付款方式', en: 'This way to pay is not offered' },
    next: { 'zh-CN': '请另选一种。', en: 'Choose another.' },
  },
  'order/voucher_wrong': {
    status: 422,
    field: 'voucher',
    title: { 'zh-CN': '这个代金券不能用于本单', en: "This voucher can't pay this order" },
    next: {
      'zh-CN': '请核对券码；币种须一致，余额须不低于应付金额。',
      en: 'Check its code; it must be in this currency and hold at least this amount.',
    },
  },
  'order/balance_short': {
    status: 422,
    field: 'pay_by',
    title: {
      'zh-CN': '这张卡的可用余额是 {free}，还差 {missing}',
      en: "This card's balance has {free} to spend: {missing} is missing",
    },
    next: {
      'zh-CN': '没有下单，也没有扣款。请先为这张卡充值，或换一种付款方式。',
      en: 'Nothing was ordered or taken. Top the card up first, or pay another way.',
    },
  },
  'order/balance_short_ended': {
    status: 422,
    field: 'pay_by',
    title: {
      'zh-CN': '这张卡的可用余额是 {free}，还差 {missing}',
      en: "This card's balance has {free} to spend: {missing} is missing",
    },
    next: {
      'zh-CN': '没有下单，也没有扣款。这张卡已到期，不能充值：请换一种付款方式。',
      en: "Nothing was ordered or taken. The card has ended and can't be topped up: pay another way.",
    },
  },
  'order/no_such_order': {
    status: 404,
    title: { 'zh-CN': '没有这个订单', en: 'There is no such order' },
    next: { 'zh-CN': '请使用邮件里的链接。', en: 'Use the link in the e-mail.' },
  },
  'order/not_payable': {
    status: 409,
    title: { 'zh-CN': '这个订单已不能付款', en: "This order can't be paid any more" },
    next: { 'zh-CN': '请查看订单状态，或重新下单。', en: 'Look at how it stands, or order again.' },
  },
  'order/provider_silent': {
    status: 503,
    title: { 'zh-CN': '付款服务暂时没有应答', en: 'The payment service does not answer at the moment' },
    next: { 'zh-CN': '没有扣款。请稍后重试。', en: 'Nothing was charged. Try again in a moment.' },
  },
  'order/not_to_take_back': {
    status: 409,
    title: {
      'zh-CN': '这个订单已付款或已结束，不能取消',
      en: "This order is paid or over, and can't be taken back",
    },
    next: { 'zh-CN': '请查看订单状态。', en: 'Look at how it stands.' },
  },
  'order/take_back_unsure': {
    status: 503,
    title: { 'zh-CN': '暂时无法取消这个订单', en: 'The order could not be taken back just now' },
    next: {
      'zh-CN': '付款服务没有确认。订单没有变化，请稍后重试。',
      en: 'The payment service did not confirm it. The order stands as before: try again in a moment.',
    },
  },
  'order/account_link_needed': {
    status: 403,
    title: { 'zh-CN': '请从邮件里的链接填写账户', en: 'Name the account from the link in our e-mail' },
    next: {
      'zh-CN': '链接只发到下单时的邮箱，只对这一次转账有效。请在订单页面上让我们再发一次。',
      en: 'It goes to the address that ordered and is good for this one transfer. Have it mailed again on the page of the order.',
    },
  },
  'order/no_transfer_waits': {
    status: 409,
    title: { 'zh-CN': '没有等待转账的款项', en: 'No transfer waits for an account' },
    next: {
      'zh-CN': '钱会原路退回，或转账已经交给银行。请查看订单页面。',
      en: 'The money goes back another way, or the transfer is with the bank already: see the page of the order.',
    },
  },
  'order/person_gone': {
    status: 409,
    title: {
      'zh-CN': '个人信息已删除，无法再登记账户',
      en: 'The personal data is erased, so no account can be kept',
    },
    next: {
      'zh-CN': '请凭订单号联系客服，这笔钱仍归您所有。',
      en: 'Write to support with the number of the order: the money is still yours.',
    },
  },
}
