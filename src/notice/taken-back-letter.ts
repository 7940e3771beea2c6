import type { Issuer } from '../issuer/issuer.ts'
import { formatDay } from '../web/dates.ts'
import type { Letter } from './letter.tsx'
import { cardsInWords, type ClosureFacts } from './letters.ts'

export type TakenBackFacts = ClosureFacts & {
  taken: { sum: string; at: Date; state: 'open' | 'lost' }[]
  /** What the closing paid out by itself; null where that was nothing. */
  paidOut: string | null
}

/** A payer's bank took back, after the closing was completed, what had been paid for a card. */
export function takenBackLetter(locale: 'zh-CN' | 'en', issuer: Issuer, facts: TakenBackFacts): Letter {
  const link = {
    words: locale === 'en' ? 'It stands on the page of the closing too:' : '注销页面上也有说明：',
    url: facts.progressUrl,
  }
  const { number } = facts
  return locale === 'en'
    ? {
        locale,
        link,
        subject: `A payment was taken back: ${number}`,
        paragraphs: paragraphsEn(issuer, facts),
      }
    : { locale, link, subject: `付款已被银行收回：${number}`, paragraphs: paragraphsZh(issuer, facts) }
}

const decidedEn = {
  open: 'It has not decided about it yet.',
  lost: 'It has decided that the money stays there.',
}
const decidedZh = { open: '银行还没有作出决定。', lost: '银行已决定不再退还。' }

function paragraphsEn({ brand }: Issuer, facts: TakenBackFacts): string[] {
  const { number, zone, paidOut } = facts
  const cards = cardsInWords('en', facts)
  const taken = facts.taken.map(
    ({ sum, at, state }) =>
      `On ${formatDay(at, 'en', zone)}, the payer's bank took back ${sum} of what was paid for ${cards}. ${decidedEn[state]}`,
  )
  const out = paidOut
    ? `The ${paidOut} that it paid out stays where it went: we take nothing back from there by ourselves.`
    : 'It had no money to pay out, and we take nothing from you by ourselves.'
  const twice = paidOut ? 'part of this money may have reached you twice: ' : ''
  return [
    taken.join(' '),
    `Closing ${number} is not changed by this: what was closed stays closed, and slip and certificate stay genuine. ${out}`,
    `If you asked your bank for it, ${twice}write to ${brand.supportEmail}, name ${number}, and we find with you what is right.`,
    `If you know nothing of it, write to ${brand.supportEmail} too, and ask the bank or card company that paid. To complain, write to ${brand.appealEmail} with your slip.`,
  ]
}

function paragraphsZh({ brand }: Issuer, facts: TakenBackFacts): string[] {
  const { number, zone, paidOut } = facts
  const cards = cardsInWords('zh-CN', facts)
  const taken = facts.taken.map(
    ({ sum, at, state }) =>
      `付款方的银行于 ${formatDay(at, 'zh-CN', zone)}收回了为${cards}支付的 ${sum}。${decidedZh[state]}`,
  )
  const out = paidOut
    ? `注销时退还的 ${paidOut} 保持不变，我们不会自行扣回。`
    : '注销时没有退款，我们也不会自行向您扣款。'
  const twice = paidOut ? '这笔钱可能有一部分您收到了两次，' : ''
  return [
    taken.join(''),
    `注销 ${number} 不受影响：注销结果不变，注销确认单和完成证明仍然有效。${out}`,
    `如果是您本人向银行申请的，${twice}请写信至 ${brand.supportEmail} 并注明 ${number}，我们与您核对后商定如何处理。`,
    `如果您对此不知情，也请写信至 ${brand.supportEmail}，并向付款的银行或发卡机构查询。如需申诉，请凭确认单写信至 ${brand.appealEmail}。`,
  ]
}
