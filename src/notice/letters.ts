import { cardText } from '../card/pages/card-text.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { type AccountWanted, nameItBy } from './account-wanted-words.ts'
import type { Letter } from './letter.tsx'
import { formatMoment } from '../web/dates.ts'

type Locale = 'zh-CN' | 'en'

/** Facts of a closure that a mail may name. Nothing personal. */
export type ClosureFacts = {
  number: string
  declaredAt: Date
  dueAt: Date
  zone: string
  cards: { plan: string; last4: string }[]
  progressUrl: string
}

/** A code that is mailed: mails may be late, so it says by the clock until when it is good. */
export type MailedCode = { code: string; goodUntil: Date }

/** @param zone IANA */
export function signInLetter(locale: Locale, { code, goodUntil }: MailedCode, zone: string): Letter {
  const until = formatMoment(goodUntil, locale, zone)
  return locale === 'en'
    ? {
        locale,
        code,
        subject: 'Your sign-in code',
        paragraphs: [
          'Your sign-in code:',
          `It is good until ${until}, for one use. If you did not ask for it, you need do nothing. Enter it on our own page only: we never ask for it by phone, chat or mail.`,
        ],
      }
    : {
        locale,
        code,
        subject: '您的登录验证码',
        paragraphs: [
          '您的登录验证码：',
          `${until}前有效，只能使用一次。如果不是您本人操作，无需理会。请只在我们的页面上填写：我们不会通过电话、聊天或邮件向您索要验证码。`,
        ],
      }
}

export function identifyLetter(locale: Locale, { code, goodUntil }: MailedCode, facts: ClosureFacts): Letter {
  const { number } = facts
  const until = formatMoment(goodUntil, locale, facts.zone)
  const link = progressLink(locale, facts)
  return locale === 'en'
    ? {
        locale,
        code,
        link,
        subject: `Code for closing ${number}`,
        paragraphs: [
          `With this code you confirm that closing ${number} (${cardsInWords(locale, facts)}) is yours:`,
          `It is good until ${until}, for one use and this closure only. If you did not declare it, do not enter the code: without it nothing moves.`,
        ],
      }
    : {
        locale,
        code,
        link,
        subject: `注销 ${number} 的身份验证码`,
        paragraphs: [
          `用这个验证码确认注销 ${number}（${cardsInWords(locale, facts)}）是您本人的申请：`,
          `${until}前有效，只能使用一次，只用于这一次注销。如果不是您本人申请，请不要输入；没有验证码，任何资金和数据都不会变动。`,
        ],
      }
}

/** While its code is waited for it says so: whoever did not declare it must not think that a card is being closed. */
export function slipLetter(locale: Locale, facts: ClosureFacts & { waitsForCode: boolean }): Letter {
  const declared = formatMoment(facts.declaredAt, locale, facts.zone)
  const due = formatMoment(facts.dueAt, locale, facts.zone)
  const whileCode = (words: string) => (facts.waitsForCode ? [words] : [])
  const link = progressLink(locale, facts)
  return locale === 'en'
    ? {
        locale,
        link,
        subject: `We have your declaration: ${facts.number}`,
        paragraphs: [
          `We received your declaration to close ${cardsInWords(locale, facts)} on ${declared}. It counts from that moment.`,
          ...whileCode(
            'We begin once the code from our other mail is entered. If it was not you who declared this, do not enter it: nothing is closed then.',
          ),
          `It will be done by ${due}. If it is late, support steps in by itself.`,
          'Your sealed slip is attached. Keep it: it proves the declaration, and its QR code shows anyone that it is genuine.',
        ],
      }
    : {
        locale,
        link,
        subject: `已收到您的注销申请：${facts.number}`,
        paragraphs: [
          `${declared}，我们收到了您注销${cardsInWords(locale, facts)}的申请，自该时刻起生效。`,
          ...whileCode(
            '另一封邮件里有验证码，输入后我们才开始办理。如果不是您本人申请，请不要输入：那样什么都不会注销。',
          ),
          `最迟 ${due}办结；逾期客服会主动介入。`,
          '附件是盖有电子签章的注销确认单，请保存：它证明您提出过申请，任何人扫描二维码都可核验真伪。',
        ],
      }
}

export function undoneLetter(locale: Locale, facts: ClosureFacts): Letter {
  const link = progressLink(locale, facts)
  return locale === 'en'
    ? {
        locale,
        link,
        subject: `Undone: ${facts.number}`,
        paragraphs: [
          `You have undone closing ${facts.number}. ${capital(cardsInWords(locale, facts))} ${facts.cards.length > 1 ? 'keep their balances and are' : 'keeps its balance and is'} as before in a few minutes.`,
          'If this was not you, answer this mail at once: support reads it.',
        ],
      }
    : {
        locale,
        link,
        subject: `已撤销注销：${facts.number}`,
        paragraphs: [
          `您已撤销注销 ${facts.number}。${cardsInWords(locale, facts)}余额不变，几分钟内恢复原状。`,
          '如果不是您本人操作，请立即回复本邮件，客服会处理。',
        ],
      }
}

/** A declaration made without signing in that nobody proved. */
export function lapsedLetter(locale: Locale, facts: ClosureFacts): Letter {
  const link = progressLink(locale, facts)
  return locale === 'en'
    ? {
        locale,
        link,
        subject: `Not confirmed, so nothing was closed: ${facts.number}`,
        paragraphs: [
          `Closing ${facts.number} was declared without signing in, and nobody entered the code we sent you. It has lapsed: ${cardsInWords(locale, facts)} works as before and keeps its balance.`,
          'If you do want to close it, declare it again. If it was not you, you need do nothing.',
        ],
      }
    : {
        locale,
        link,
        subject: `未经确认，没有注销：${facts.number}`,
        paragraphs: [
          `注销 ${facts.number} 是在未登录的情况下申请的，我们发给您的验证码一直没有人输入，申请已失效。${cardsInWords(locale, facts)}照常使用，余额不变。`,
          '如果您确实要注销，请重新申请；如果不是您本人操作，无需理会。',
        ],
      }
}

/** Money waits for an account that it can be transferred to. */
export function bankDetailsLetter(
  locale: Locale,
  facts: ClosureFacts & { wanted: AccountWanted | null },
): Letter {
  const link = {
    words: locale === 'en' ? 'Name your account:' : '填写收款账户：',
    url: `${facts.progressUrl}/bank-account`,
  }
  return locale === 'en'
    ? {
        locale,
        link,
        subject: `Where shall we transfer your money? ${facts.number}`,
        paragraphs: [
          `Closing ${facts.number} pays money back to you that cannot go back the way it came. Tell us a bank account (IBAN), and we transfer it there.`,
          ...nameItBy(locale, facts.wanted, facts.zone),
          'Sign in on our page to do so. Your account has no IBAN, as in China, Britain or the United States? Answer this mail, without the account number, and support agrees a safe way with you.',
          'Never send account numbers by e-mail, and give them to nobody who calls or writes to you.',
        ],
      }
    : {
        locale,
        link,
        subject: `请告诉我们收款账户：${facts.number}`,
        paragraphs: [
          `注销 ${facts.number} 有一笔钱无法原路退回。请告诉我们一个银行账户（IBAN），我们会转账给您。`,
          ...nameItBy(locale, facts.wanted, facts.zone),
          '请登录我们的网页填写。账户没有 IBAN（如中国、英国、美国）？请回复本邮件，信中不要写账号，客服会与您约定安全的方式。',
          '不要通过邮件发送账号，也不要告诉打电话或写信向您索要账号的人。',
        ],
      }
}

/** An account was named: said to the contact that the account always had, whoever named it. */
export function bankDetailsNotedLetter(locale: Locale, issuer: Issuer, facts: ClosureFacts): Letter {
  const link = progressLink(locale, facts)
  const { supportEmail } = issuer.brand
  return locale === 'en'
    ? {
        locale,
        link,
        subject: `A bank account was named for ${facts.number}`,
        paragraphs: [
          `A bank account was named for the money of closing ${facts.number}. The transfer goes there.`,
          `If that was not you, write to ${supportEmail} at once.`,
        ],
      }
    : {
        locale,
        link,
        subject: `注销 ${facts.number} 已登记收款账户`,
        paragraphs: [
          `注销 ${facts.number} 的退款已登记收款账户，我们会转账到该账户。`,
          `如果不是您本人操作，请立即写信至 ${supportEmail}。`,
        ],
      }
}

/** To the issuer's own support desk. */
export function lateSupportLetter(facts: ClosureFacts): Letter {
  return {
    locale: 'en',
    subject: `Overdue closure ${facts.number}`,
    paragraphs: [
      `Closure ${facts.number} was due ${facts.dueAt.toISOString()} and is still open.`,
      `What holds it up: npx leb status ${facts.number}`,
    ],
    link: { words: 'The holder sees:', url: facts.progressUrl },
  }
}

export function progressLink(locale: Locale, facts: ClosureFacts): { words: string; url: string } {
  return { words: locale === 'en' ? 'Watch its progress:' : '查看进度：', url: facts.progressUrl }
}

/** `the 3-day card ending 4242`, `尾号 4242 的三日卡`: the plan as the pages name it. */
export function cardsInWords(locale: Locale, facts: ClosureFacts): string {
  const [first] = facts.cards
  if (!first) return locale === 'en' ? 'your account' : '您的账户'
  const plan = cardText[locale].plan(first.plan)
  if (facts.cards.length === 1) {
    return locale === 'en' ? `the ${plan} ending ${first.last4}` : `尾号 ${first.last4} 的${plan}`
  }
  return locale === 'en' ? `${facts.cards.length} cards` : ` ${facts.cards.length} 张卡`
}

export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
