import { describe, expect, it } from 'vitest'
import { certificateLetter } from './certificate-letter.ts'
import { sampleIssuers } from '../issuer/sample-issuers.ts'
import { decidedLetter } from './decided-letter.ts'
import { identifyLetter, signInLetter, slipLetter, undoneLetter } from './letters.ts'

const at = new Date('2026-11-22T10:00:00Z')
const facts = {
  waitsForCode: false,
  number: 'LEB-2K7M-9QXCT',
  declaredAt: at,
  dueAt: at,
  zone: 'Asia/Shanghai',
  cards: [{ plan: 'LEB3', last4: '4242' }],
  progressUrl: 'https://close.leb.example/leb/en/closures/LEB-2K7M-9QXCT',
}
const two = { ...facts, cards: [...facts.cards, { plan: 'LEB7', last4: '1111' }] }
const none = { sent: null, byHand: [], voucher: null, kept: null, unclaimed: null, takenBack: null }
const first = (letter: { paragraphs: string[] }) => letter.paragraphs[0]

describe('the last mail of a closure', () => {
  it('says there was no balance only where there was none', () => {
    expect(first(certificateLetter('en', facts, none))).toBe(
      'There was no balance to pay back. The 3-day card ending 4242 is closed.',
    )
    expect(first(certificateLetter('zh-CN', facts, none))).toBe(
      '没有需要退还的钱。尾号 4242 的三日卡已注销。',
    )
    expect(first(certificateLetter('en', facts, { ...none, voucher: '€25.00' }))).toContain(
      '€25.00 was turned into a voucher: its code is on the closure',
    )
    expect(first(certificateLetter('zh-CN', facts, { ...none, kept: '¥3.21' }))).toBe(
      '¥3.21 金额太小，不会自动退款，仍归您所有，可在进度页上要求退还。尾号 4242 的三日卡已注销。',
    )
  })

  it('says what the bank had taken back instead of that there was nothing', () => {
    const paid = { ...none, takenBack: '€12.30' }
    expect(first(certificateLetter('en', facts, paid))).toBe(
      "The payer's bank had taken back €12.30 already; it is not sent a second time. The 3-day card ending 4242 is closed.",
    )
    expect(first(certificateLetter('zh-CN', facts, paid))).toBe(
      '付款方的银行此前已收回 €12.30，不再重复退款。尾号 4242 的三日卡已注销。',
    )
  })

  it('sends who can sign in no more for what was kept to support, not to a page that asks to sign in', () => {
    const papers = { url: 'https://x.example/p/1', goodUntil: new Date('2027-02-28T10:00:00Z') }
    const kept = { ...none, kept: '€0.40' }
    const words = first(certificateLetter('en', facts, kept, papers))
    expect(words).toContain(`It stays yours: answer this mail for it, and name ${facts.number}.`)
    expect(first(certificateLetter('zh-CN', facts, kept, papers))).toContain(
      `请回复本邮件并注明 ${facts.number} 领取`,
    )
    expect(words).toContain('ending 4242 is closed with your account, and your personal data is erased.')
    expect(first(certificateLetter('zh-CN', two, none, papers))).toContain(
      '2 张卡和您的账户已注销，您的个人信息已删除。',
    )
    expect(first(certificateLetter('en', { ...facts, cards: [] }, none, papers))).toContain(
      'Your account is closed, and your personal data is erased.',
    )
    expect(first(certificateLetter('en', facts, kept))).toContain("ask for it on the closure's page.")
  })

  it('says of a transfer that staff made when it was, and under which reference', () => {
    const byHand = [{ sum: '€11.07', on: new Date('2026-11-22T17:00:00Z'), reference: 'X1' }]
    expect(first(certificateLetter('en', facts, { ...none, byHand }))).toBe(
      '€11.07 was paid to you by bank transfer on 23 November 2026 (Beijing time), reference X1. The 3-day card ending 4242 is closed.',
    )
    expect(first(certificateLetter('zh-CN', facts, { ...none, byHand }))).toBe(
      '€11.07 已于 2026 年 11 月 23 日（北京时间）通过银行转账付给您，转账凭证号 X1。尾号 4242 的三日卡已注销。',
    )
  })

  it('says where money that was sent should be by when, and every other sum besides', () => {
    const sent = { sum: '€12.30', arrivesBy: new Date('2026-11-28T10:00:00Z') }
    const words = first(certificateLetter('en', two, { ...none, sent, kept: '€0.40' }))
    expect(words).toContain('€12.30 is on its way back to you and should be there by 28 November 2026')
    expect(words).toContain('€0.40 is too little to be sent by itself')
    expect(words).toContain('2 cards are closed.')
    expect(first(certificateLetter('zh-CN', two, { ...none, sent }))).toMatch(/前到账。2 张卡已注销。$/)
  })

  it.each([
    [
      { method: 'card', last4: '4242', brand: 'unionpay', wallet: 'apple_pay' },
      'your card ending 4242 (UnionPay, Apple Pay)',
      '您尾号 4242 的银行卡（银联，Apple Pay）',
    ],
    [
      { method: 'card', last4: '4242', brand: 'cartes_bancaires' },
      'your card ending 4242',
      '您尾号 4242 的银行卡',
    ],
    [{ method: 'bank_account', last4: '3000' }, 'your bank account ending 3000', '您尾号 3000 的银行账户'],
    [{ method: 'alipay' }, 'your Alipay account', '您的支付宝'],
  ] as const)('names what the money went back to: %j', (to, en, zh) => {
    const sent = { sum: '€12.30', to, arrivesBy: new Date('2026-11-28T10:00:00Z') }
    expect(first(certificateLetter('en', facts, { ...none, sent }))).toContain(
      `€12.30 is on its way back to ${en} and should be there by 28 November 2026`,
    )
    expect(first(certificateLetter('zh-CN', facts, { ...none, sent }))).toContain(
      `€12.30 已退回到${zh}，预计 2026 年 11 月 28 日`,
    )
  })
})

it('names a card as the pages do, and several as several', () => {
  expect(first(slipLetter('zh-CN', facts))).toContain('注销尾号 4242 的三日卡的申请')
  expect(first(slipLetter('zh-CN', two))).toContain('注销 2 张卡的申请')
  expect(first(undoneLetter('en', facts))).toContain(
    'The 3-day card ending 4242 keeps its balance and is as before',
  )
  expect(first(undoneLetter('en', two))).toContain('2 cards keep their balances and are as before')
})

it('says by the clock until when a code is good, and that without it nothing is closed', () => {
  const code = { code: '482913', goodUntil: new Date('2026-11-22T10:10:00Z') }
  const { zone } = facts
  expect(signInLetter('en', code, zone).paragraphs[1]).toContain(
    'until 22 November 2026, 18:10 (Beijing time)',
  )
  expect(identifyLetter('zh-CN', code, facts).paragraphs[1]).toContain(
    '2026 年 11 月 22 日 18:10（北京时间）前有效',
  )
  const waiting = { ...facts, waitsForCode: true }
  expect(slipLetter('en', waiting).paragraphs.join(' ')).toContain('do not enter it: nothing is closed then')
  expect(slipLetter('zh-CN', waiting).paragraphs.join('')).toContain('什么都不会注销')
  expect(slipLetter('en', facts).paragraphs.join(' ')).not.toContain('other mail')
})

it('tells of a closing that nobody declared as what it is', () => {
  const issuer = sampleIssuers()[0]!
  const decided = { ...facts, cardEnded: false }
  const en = decidedLetter('en', issuer, decided)
  expect(en.subject).toBe('LEB Travel Cards closes your card: LEB-2K7M-9QXCT')
  const words = en.paragraphs.join(' ')
  expect(words).toContain('LEB Travel Cards has decided to close the 3-day card ending 4242')
  expect(words).toContain('write to appeal@leb.example and name')
  expect(words).not.toContain('declaration')
  const several = { ...decided, cards: two.cards }
  expect(decidedLetter('en', issuer, several).subject).toContain('closes 2 cards of yours:')
  expect(decidedLetter('zh-CN', issuer, several).subject).toContain('注销您的 2 张卡：')
  expect(first(decidedLetter('zh-CN', issuer, several))).toMatch(/决定自 .*起注销 2 张卡。您无需申请/)
})

it('tells of a card that had ended that its days are over, and of no decision', () => {
  const issuer = sampleIssuers()[0]!
  const ended = { ...facts, cardEnded: true }
  const several = { ...ended, cards: two.cards }
  const en = decidedLetter('en', issuer, ended)
  expect(en.subject).toBe('Your card has ended and is closed: LEB-2K7M-9QXCT')
  expect(first(en)).toContain(
    'The days of the 3-day card ending 4242 are over. LEB Travel Cards closes it by itself',
  )
  expect(en.paragraphs.join(' ')).not.toMatch(/decided|declaration/)
  expect(en.paragraphs.join(' ')).toContain('write to appeal@leb.example and name')
  expect(decidedLetter('en', issuer, several).subject).toContain(
    '2 cards of yours have ended and are closed:',
  )
  expect(first(decidedLetter('en', issuer, several))).toContain('closes them by itself')
  const zh = decidedLetter('zh-CN', issuer, ended)
  expect(zh.subject).toBe('您的卡已到期，予以注销：LEB-2K7M-9QXCT')
  expect(first(zh)).toMatch(/^尾号 4242 的三日卡已经到期，.*自 .*起自动予以注销。您无需申请/)
  expect(zh.paragraphs.join('')).not.toContain('决定')
  expect(first(decidedLetter('zh-CN', issuer, several))).toMatch(/^2 张卡已经到期/)
})
