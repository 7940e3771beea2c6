import type { PaidWith } from '../adapters/payment/port.ts'
import { paidWithWords } from '../payment/paid-with-words.ts'
import { formatCalendarDay, formatDay } from '../web/dates.ts'
import type { Letter } from './letter.tsx'
import { capital, cardsInWords, type ClosureFacts, progressLink } from './letters.ts'

type Locale = 'zh-CN' | 'en'

/** What became of the money, in the reader's words; all null where there was none. */
export type Paid = {
  /** Money on its way, to where (a card or wallet, where it is known and one alone), and by which day it should be there. */
  sent: { sum: string; to?: PaidWith | null; arrivesBy: Date } | null
  /** What staff transferred by bank, with the bank's reference. */
  byHand: { sum: string; on: Date; reference: string }[]
  voucher: string | null
  /** Too little to be sent by itself. */
  kept: string | null
  /** Kept because no account was named, and to which day (YYYY-MM-DD) paying it is promised at least. */
  unclaimed: { sum: string; claimUntil: string; slipCounts: boolean } | null
  /** What the payer's bank had taken back by then, and is not sent again. */
  takenBack: string | null
}

/** The way to the papers of an account that nobody can sign in to any more; null where the account stays open. */
export type PapersWay = { url: string; goodUntil: Date } | null

/** The last mail of a closure, with the certificate. */
export function certificateLetter(
  locale: Locale,
  facts: ClosureFacts,
  paid: Paid,
  papers: PapersWay = null,
): Letter {
  // The progress page asks to sign in, which nobody can any more once the account is closed.
  const link = papers ? papersLink(locale, papers, facts.zone) : progressLink(locale, facts)
  // An account that had no card left has nothing on a phone.
  const onPhone = (words: string) => (facts.cards.length > 0 ? [words] : [])
  return locale === 'en'
    ? {
        locale,
        link,
        subject: `Closed: ${facts.number}`,
        paragraphs: [
          `${moneyEn(paid, facts, papers)} ${closedEn(facts, papers)}`,
          'Your sealed certificate is attached. It says what was done, with references, what is kept and until when.',
          ...onPhone(
            'The profile stays on your phone until you delete it; the certificate says how for iPhone and Android.',
          ),
        ],
      }
    : {
        locale,
        link,
        subject: `注销完成：${facts.number}`,
        paragraphs: [
          `${moneyZh(paid, facts, papers)}${closedZh(facts, papers)}`,
          '附件是盖有电子签章的注销完成证明：办理结果与凭证号、保留了什么、保留到何时，都写在上面。',
          ...onPhone('手机里的 eSIM 配置需要您自行删除，证明上有 iPhone 和安卓的步骤。'),
        ],
      }
}

// With the account its person goes: whoever wanted that wants to read it.
function closedEn(facts: ClosureFacts, papers: PapersWay): string {
  const verb = facts.cards.length > 1 ? 'are' : 'is'
  const account = facts.cards.length > 0 ? 'closed with your account' : 'closed'
  const closed = `${capital(cardsInWords('en', facts))} ${verb}`
  return papers ? `${closed} ${account}, and your personal data is erased.` : `${closed} closed.`
}

function closedZh(facts: ClosureFacts, papers: PapersWay): string {
  const cards = cardsInWords('zh-CN', facts).trimStart()
  const account = facts.cards.length > 0 ? '和您的账户' : ''
  return papers ? `${cards}${account}已注销，您的个人信息已删除。` : `${cards}已注销。`
}

function papersLink(locale: Locale, papers: NonNullable<PapersWay>, zone: string) {
  const until = formatDay(papers.goodUntil, locale, zone)
  const words =
    locale === 'en' ? `Your invoices and contracts, until ${until}:` : `您的发票与合同，${until}前可查阅：`
  return { words, url: papers.url }
}

// The page of a closure opens for who signs in: who can't any more answers the mail, which support reads.
function moneyEn(
  { sent, byHand, voucher, kept, takenBack, unclaimed }: Paid,
  { zone, number }: ClosureFacts,
  papers: PapersWay,
): string {
  const claim = papers
    ? `answer this mail with ${unclaimed?.slipCounts ? 'your slip or ' : ''}the certificate, but without the account number`
    : "ask for it on the closure's page and name an account"
  const ask = papers ? `answer this mail for it, and name ${number}` : "ask for it on the closure's page"
  const sentences = [
    sent &&
      `${sent.sum} is on its way back to ${sent.to ? paidWithWords(sent.to).en : 'you'} and should be there by ${formatDay(sent.arrivesBy, 'en', zone)}.`,
    ...byHand.map(
      ({ sum, on, reference }) =>
        `${sum} was paid to you by bank transfer on ${formatDay(on, 'en', zone)}, reference ${reference}.`,
    ),
    voucher && `As you chose, ${voucher} was turned into a voucher: its code is on the closure's page.`,
    takenBack && `The payer's bank had taken back ${takenBack} already; it is not sent a second time.`,
    kept && `${kept} is too little to be sent by itself. It stays yours: ${ask}.`,
    unclaimed &&
      `${unclaimed.sum} could not be transferred, because no bank account was named. It is not lost: we keep it for you, and pay it when you ask, at least until ${formatCalendarDay(unclaimed.claimUntil, 'en', zone)}. For it, ${claim}.`,
  ].filter(Boolean)
  return sentences.join(' ') || 'There was no balance to pay back.'
}

function moneyZh(
  { sent, byHand, voucher, kept, takenBack, unclaimed }: Paid,
  { zone, number }: ClosureFacts,
  papers: PapersWay,
): string {
  const claim = papers
    ? `请回复本邮件，附上${unclaimed?.slipCounts ? '注销确认单或' : '注销'}完成证明，信中不要写账号`
    : '请在进度页上提出并填写收款账户'
  const ask = papers ? `请回复本邮件并注明 ${number} 领取` : '可在进度页上要求退还'
  const sentences = [
    sent &&
      `${sent.sum} 已退回${sent.to ? `到${paidWithWords(sent.to)['zh-CN']}` : ''}，预计 ${formatDay(sent.arrivesBy, 'zh-CN', zone)}前到账。`,
    ...byHand.map(
      ({ sum, on, reference }) =>
        `${sum} 已于 ${formatDay(on, 'zh-CN', zone)}通过银行转账付给您，转账凭证号 ${reference}。`,
    ),
    voucher && `按您的选择，${voucher} 已换成代金券，券码在进度页上。`,
    takenBack && `付款方的银行此前已收回 ${takenBack}，不再重复退款。`,
    kept && `${kept} 金额太小，不会自动退款，仍归您所有，${ask}。`,
    unclaimed &&
      `${unclaimed.sum} 因为一直没有填写收款账户，未能汇出。这笔钱没有作废：我们为您保留，至少到 ${formatCalendarDay(unclaimed.claimUntil, 'zh-CN', zone)}，您提出后就退还。领取办法：${claim}。`,
  ].filter(Boolean)
  return sentences.join('') || '没有需要退还的钱。'
}
