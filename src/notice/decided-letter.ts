import type { Issuer } from '../issuer/issuer.ts'
import { formatMoment } from '../web/dates.ts'
import type { Letter } from './letter.tsx'
import { capital, cardsInWords, type ClosureFacts, progressLink } from './letters.ts'

type Locale = 'zh-CN' | 'en'

/** `cardEnded`: it is closed because its days are over, not because anybody thought about this card. */
export type DecidedFacts = ClosureFacts & { cardEnded: boolean }

/** With the slip of a closing that nobody declared: the issuer decided it, or the card had ended. */
export function decidedLetter(locale: Locale, { name, brand }: Issuer, facts: DecidedFacts): Letter {
  const due = formatMoment(facts.dueAt, locale, facts.zone)
  const link = progressLink(locale, facts)
  return locale === 'en'
    ? {
        locale,
        link,
        subject: subjectEn(name.en, facts),
        paragraphs: [
          `${whyEn(name.en, facts)} You need not declare anything: what is due is paid back to you, and the sealed slip, attached, says how much and how.`,
          `It will be done by ${due}. If it is late, support steps in by itself.`,
          `If you disagree, write to ${brand.appealEmail} and name ${facts.number}. Keep the slip: it is your proof.`,
        ],
      }
    : {
        locale,
        link,
        subject: subjectZh(name['zh-CN'], facts),
        paragraphs: [
          `${whyZh(name['zh-CN'], facts)}您无需申请：应退的款项会退给您，金额和方式见附件中盖有电子签章的注销确认单。`,
          `最迟 ${due}办结；逾期客服会主动介入。`,
          `如有异议，请写信到 ${brand.appealEmail}，并注明编号 ${facts.number}。请保存确认单，它是您的凭证。`,
        ],
      }
}

const yoursEn = ({ cards }: ClosureFacts) =>
  cards.length === 0 ? 'your account' : cards.length === 1 ? 'your card' : `${cards.length} cards of yours`
const yoursZh = ({ cards }: ClosureFacts) =>
  cards.length === 0 ? '您的账户' : cards.length === 1 ? '您的卡' : `您的 ${cards.length} 张卡`

function subjectEn(issuer: string, facts: DecidedFacts): string {
  const { number, cardEnded, cards } = facts
  if (!cardEnded) return `${issuer} closes ${yoursEn(facts)}: ${number}`
  const [have, are] = cards.length > 1 ? ['have', 'are'] : ['has', 'is']
  return `${capital(yoursEn(facts))} ${have} ended and ${are} closed: ${number}`
}

function subjectZh(issuer: string, facts: DecidedFacts): string {
  const { number, cardEnded } = facts
  return cardEnded
    ? `${yoursZh(facts)}已到期，予以注销：${number}`
    : `${issuer}注销${yoursZh(facts)}：${number}`
}

function whyEn(issuer: string, facts: DecidedFacts): string {
  const from = formatMoment(facts.declaredAt, 'en', facts.zone)
  const cards = cardsInWords('en', facts)
  if (!facts.cardEnded) return `${issuer} has decided to close ${cards}, from ${from} on.`
  const many = facts.cards.length > 1
  return `The days of ${cards} are over. ${issuer} closes ${many ? 'them' : 'it'} by itself, from ${from} on.`
}

function whyZh(issuer: string, facts: DecidedFacts): string {
  const from = formatMoment(facts.declaredAt, 'zh-CN', facts.zone)
  const cards = cardsInWords('zh-CN', facts)
  return facts.cardEnded
    ? `${cards.trimStart()}已经到期，${issuer}自 ${from}起自动予以注销。`
    : `${issuer}决定自 ${from}起注销${cards}。`
}
