import type { PaidWith } from '../adapters/payment/port.ts'
import type { Wording } from '../platform/errors.ts'

const brands: Record<string, Wording> = {
  visa: { 'zh-CN': 'Visa', en: 'Visa' },
  mastercard: { 'zh-CN': '万事达', en: 'Mastercard' },
  amex: { 'zh-CN': '美国运通', en: 'American Express' },
  unionpay: { 'zh-CN': '银联', en: 'UnionPay' },
  jcb: { 'zh-CN': 'JCB', en: 'JCB' },
  discover: { 'zh-CN': 'Discover', en: 'Discover' },
  diners: { 'zh-CN': '大来', en: 'Diners Club' },
}
const wallets: Record<string, string> = {
  apple_pay: 'Apple Pay',
  google_pay: 'Google Pay',
  samsung_pay: 'Samsung Pay',
  link: 'Link',
}
const methods = {
  alipay: { 'zh-CN': '您的支付宝', en: 'your Alipay account' },
  wechat_pay: { 'zh-CN': '您的微信支付', en: 'your WeChat Pay account' },
  paypal: { 'zh-CN': '您的 PayPal 账户', en: 'your PayPal account' },
  link: { 'zh-CN': '您的 Link 账户', en: 'your Link account' },
} satisfies Record<string, Wording>

/** What a payment was made with, as its payer calls it: to follow "back to". */
export function paidWithWords(paid: PaidWith): Wording {
  if (paid.method === 'bank_account')
    return {
      'zh-CN': `您尾号 ${paid.last4} 的银行账户`,
      en: `your bank account ending ${paid.last4}`,
    }
  if (paid.method !== 'card') return methods[paid.method]
  const brand = brands[paid.brand ?? '']
  const wallet = wallets[paid.wallet ?? '']
  const more = (lang: keyof Wording) => [brand?.[lang], wallet].filter((word) => word !== undefined)
  const [zh, en] = [more('zh-CN').join('，'), more('en').join(', ')]
  return {
    'zh-CN': `您尾号 ${paid.last4} 的银行卡${zh && `（${zh}）`}`,
    en: `your card ending ${paid.last4}${en && ` (${en})`}`,
  }
}
