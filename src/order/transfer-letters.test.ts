import { describe, expect, it } from 'vitest'
import type { OrderFacts } from './order-letters.ts'
import { extraLetter, wantsAccountLetter } from './transfer-letters.ts'

const facts: OrderFacts & { accountUrl: string } = {
  number: 'LEB-ORD-2K7M-9QXCT',
  kind: 'card',
  what: 'LEB 3-day card for Japan',
  gross: 'CN¥128.00',
  payBy: 'bank',
  waiting: 'CN¥128.00',
  extraPaid: '',
  owed: 'CN¥128.00',
  url: 'https://close.leb.example/order',
  payUntil: '',
  givenBackAt: null,
  refundReason: 'no_profile',
  refundRoute: null,
  iccid: null,
  accountUrl: 'https://close.leb.example/order/bank-account',
}

describe.each([
  ['of an order that was not delivered', wantsAccountLetter],
  ['of money that came besides', extraLetter],
])('the mail that asks for an account, %s', (_, letter) => {
  it.each([
    ['en', /No IBAN, as in China, Britain or the United States\? Answer this mail, without the account/],
    ['zh-CN', /没有 IBAN（如中国、英国、美国的账户）？请回复本邮件，信中不要写账号/],
  ] as const)('says what to do without an IBAN (%s)', (locale, way) => {
    expect(letter(locale, facts).paragraphs.join('\n')).toMatch(way)
  })
})
