import type { Refusals } from '../platform/errors.ts'

export type PayoutRefusal =
  | 'payout/iban_not_one'
  | 'payout/iban_country'
  | 'payout/iban_length'
  | 'payout/iban_digits'
  | 'payout/name_not_latin'
  | 'payout/prove_first'
  | 'payout/no_transfer_wanted'
  | 'payout/person_gone'
  | 'payout/nothing_kept'
  | 'payout/ask_support'
  | 'payout/settled_already'
  | 'voucher/cards_only'
  | 'voucher/unknown'
  | 'voucher/expired'
  | 'voucher/other_currency'
  | 'voucher/too_small'

const compare = {
  'zh-CN': '请对照银行卡或账单逐位核对，空格可有可无。',
  en: 'Compare it sign by sign with your bank card or statement; spaces do not matter.',
}

export const payoutRefusals: Refusals<PayoutRefusal> = {
  'payout/iban_not_one': {
    status: 422,
    title: { 'zh-CN': '这不是 IBAN', en: 'That is not an IBAN' },
    next: {
      'zh-CN':
        'IBAN 以两位国家字母和两位数字开头，例如 DE89 3704 …。没有 IBAN 时请联系客服，我们用别的方式转账。',
      en: 'An IBAN begins with two letters for the country and two digits, such as DE89 3704 …. If you have none, write to support: we transfer another way.',
    },
    field: 'iban',
  },
  'payout/iban_country': {
    status: 422,
    title: { 'zh-CN': '没有哪个国家的 IBAN 这样开头', en: 'No country has IBANs that begin like this' },
    next: {
      'zh-CN': '有些国家没有 IBAN，例如中国。这时请联系客服，我们用别的方式转账。',
      en: 'Some countries, such as China, have none. Write to support then: we transfer another way.',
    },
    field: 'iban',
  },
  'payout/iban_length': {
    status: 422,
    title: {
      'zh-CN': '这个国家的 IBAN 不是这么多位',
      en: 'An IBAN of this country has another number of signs',
    },
    next: compare,
    field: 'iban',
  },
  'payout/iban_digits': {
    status: 422,
    title: { 'zh-CN': 'IBAN 里有一位不对', en: 'A sign in this IBAN is wrong' },
    next: compare,
    field: 'iban',
  },
  'payout/name_not_latin': {
    status: 422,
    title: {
      'zh-CN': '请用拉丁字母填写户名',
      en: 'Write the name in Latin letters',
    },
    next: {
      'zh-CN': '请按银行账户上的拼写填写，2 到 70 个字母，例如 Li Lei。',
      en: 'As your bank writes it, 2 to 70 signs, for example Li Lei.',
    },
    field: 'name',
  },
  'payout/prove_first': {
    status: 409,
    title: { 'zh-CN': '请先确认是您本人', en: 'First confirm that it is you' },
    next: {
      'zh-CN': '请在进度页输入我们发到您邮箱的验证码，然后填写收款账户。',
      en: 'Enter the code we mailed you on the progress page; then name the account.',
    },
  },
  'payout/no_transfer_wanted': {
    status: 409,
    title: { 'zh-CN': '没有等待转账的款项', en: 'No transfer waits for an account' },
    next: {
      'zh-CN': '钱会原路退回，或转账已经交给银行。请查看进度页。',
      en: 'The money goes back another way, or the transfer is with the bank already: see the progress page.',
    },
  },
  'payout/person_gone': {
    status: 409,
    title: {
      'zh-CN': '个人信息已删除，无法再登记账户',
      en: 'The personal data is erased, so no account can be kept',
    },
    next: {
      'zh-CN': '请凭注销编号和注销完成证明写信给客服，信中不要写账号。这笔钱仍归您所有。',
      en: 'Write to support with the number of the closure and your certificate, without an account number: the money is still yours.',
    },
  },
  'payout/ask_support': {
    status: 409,
    title: {
      'zh-CN': '付款方的银行收回了为这张卡支付的款项',
      en: "The payer's bank has taken back what this card was paid with",
    },
    next: {
      'zh-CN': '是否还应退款，要由客服核对：请写信给客服，注明注销编号。',
      en: 'Our staff has to see what is still owed: write to support and name the number of the closure.',
    },
  },
  'payout/nothing_kept': {
    status: 409,
    title: { 'zh-CN': '没有留存待退的款项', en: 'No money is kept for you here' },
    next: { 'zh-CN': '退款情况见进度页。', en: 'The progress page says where the money went.' },
  },
  'payout/settled_already': {
    status: 409,
    title: {
      'zh-CN': '已经结算，不能再更改退款方式',
      en: 'It is settled: the way the money goes can no longer be changed',
    },
    next: { 'zh-CN': '退款情况见进度页。', en: 'The progress page says where the money goes.' },
  },
  'voucher/cards_only': {
    status: 422,
    title: { 'zh-CN': '注销整个账户时不能换代金券', en: 'No voucher when the whole account is closed' },
    next: {
      'zh-CN': '账户注销后个人信息会删除，代金券没有人可给；钱会退还给您。',
      en: 'Your data is erased then, and there is nobody left to give it to; your money is paid back.',
    },
    field: 'voucher',
  },
  'voucher/unknown': {
    status: 404,
    title: { 'zh-CN': '没有这张代金券', en: 'There is no such voucher' },
    next: { 'zh-CN': '请逐位核对 16 位代码。', en: 'Compare the 16 signs of its code one by one.' },
    field: 'voucher',
  },
  'voucher/expired': {
    status: 409,
    title: { 'zh-CN': '代金券已过期', en: 'The voucher has expired' },
    next: { 'zh-CN': '请选择其他支付方式，或联系客服。', en: 'Pay another way, or write to support.' },
    field: 'voucher',
  },
  'voucher/other_currency': {
    status: 409,
    title: { 'zh-CN': '代金券的货币与订单不同', en: 'The voucher is in another currency than the order' },
    next: { 'zh-CN': '请选择用该货币标价的商品。', en: 'Choose something priced in its currency.' },
    field: 'voucher',
  },
  'voucher/too_small': {
    status: 409,
    title: { 'zh-CN': '代金券余额不够', en: 'What is left on the voucher does not cover it' },
    next: {
      'zh-CN': '请选择更便宜的商品，或其他支付方式。',
      en: 'Choose something cheaper, or pay another way.',
    },
    field: 'voucher',
  },
}
