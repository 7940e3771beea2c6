import type { Letter } from '../notice/letter.tsx'
import { type Locale, type OrderFacts, refundReasonWords } from './order-letters.ts'

/** Mails about money of an order that goes back by bank transfer. An account is named on our page, never in a mail. */

/** Stands in every mail that asks for an account. */
export const neverByMail: Record<Locale, string> = {
  'zh-CN':
    '不要通过邮件发送账号，也不要告诉打电话或写信向您索要账号的人。没有 IBAN（如中国、英国、美国的账户）？请回复本邮件，信中不要写账号：客服会与您约定安全的方式，并人工转账。',
  en: 'Never send account numbers by e-mail, and give them to nobody who calls or writes to you. No IBAN, as in China, Britain or the United States? Answer this mail, without the account number: support agrees a safe way with you and transfers by hand.',
}

/** Not delivered, and the money waits: the account is named on our page, and never written in a mail. */
export function wantsAccountLetter(locale: Locale, facts: OrderFacts & { accountUrl: string }): Letter {
  const reason = refundReasonWords(facts.refundReason ?? 'no_profile', locale)
  return locale === 'en'
    ? {
        locale,
        link: { words: 'Name the account:', url: facts.accountUrl },
        subject: `Where shall we transfer ${facts.owed}? Order ${facts.number}`,
        paragraphs: [
          `We could not deliver ${facts.what}: ${reason}. ${facts.owed} is yours again, but can't go back the way it came. Tell us which bank account we shall transfer it to.`,
          'The link below is for you alone: do not forward it. Whoever has it can name the account. We write to you as soon as one is named.',
          neverByMail.en,
        ],
      }
    : {
        locale,
        link: { words: '填写收款账户：', url: facts.accountUrl },
        subject: `${facts.owed} 转到哪个账户？订单 ${facts.number}`,
        paragraphs: [
          `${facts.what}未能交付：${reason}。${facts.owed} 应退还给您，但无法原路退回。请告诉我们转到哪个银行账户。`,
          '下面的链接只供您本人使用，请勿转发：拿到它的人都能填写账户。账户一经填写，我们会立即写信告诉您。',
          neverByMail['zh-CN'],
        ],
      }
}

/** Money came by bank transfer that the order it names did not want: the account is named on our page. */
export function extraLetter(locale: Locale, facts: OrderFacts & { accountUrl: string }): Letter {
  return locale === 'en'
    ? {
        locale,
        link: { words: 'Name the account:', url: facts.accountUrl },
        subject: `Where shall we send ${facts.waiting} back? Order ${facts.number}`,
        paragraphs: [
          `${facts.waiting} came by bank transfer for order ${facts.number}, which did not wait for exactly this: it was paid already, costs another sum, or had ended. It is yours. Tell us which bank account we shall transfer it back to.`,
          'The link below is for you alone: do not forward it. Whoever has it can name the account. We write to you as soon as one is named.',
          neverByMail.en,
          'You did not send it, or it was meant for something else? Answer this mail as well.',
        ],
      }
    : {
        locale,
        link: { words: '填写收款账户：', url: facts.accountUrl },
        subject: `${facts.waiting} 退到哪个账户？订单 ${facts.number}`,
        paragraphs: [
          `订单 ${facts.number} 收到一笔银行转账 ${facts.waiting}，但订单并不等待这笔款项：订单已付款、金额不符，或订单已结束。这笔钱归您所有。请告诉我们转回哪个银行账户。`,
          '下面的链接只供您本人使用，请勿转发：拿到它的人都能填写账户。账户一经填写，我们会立即写信告诉您。',
          neverByMail['zh-CN'],
          '不是您转的，或这笔钱另有用途？也请回复本邮件。',
        ],
      }
}

export function extraPaidLetter(locale: Locale, facts: OrderFacts): Letter {
  return locale === 'en'
    ? {
        locale,
        link: { words: 'The order:', url: facts.url },
        subject: `${facts.extraPaid} sent back. Order ${facts.number}`,
        paragraphs: [
          `${facts.extraPaid} came for order ${facts.number} that it did not wait for. It was transferred back to your bank account.`,
        ],
      }
    : {
        locale,
        link: { words: '订单：', url: facts.url },
        subject: `${facts.extraPaid} 已退回，订单 ${facts.number}`,
        paragraphs: [`订单 ${facts.number} 多收到的 ${facts.extraPaid} 已转回您的银行账户。`],
      }
}

/** Whoever named it, the address that ordered hears of it while it can still be put right. */
export function accountNotedLetter(locale: Locale, facts: OrderFacts): Letter {
  return locale === 'en'
    ? {
        locale,
        link: { words: 'How the refund stands:', url: facts.url },
        subject: `Account noted for ${facts.waiting}. Order ${facts.number}`,
        paragraphs: [
          `A bank account was named for ${facts.waiting} that we send back to you for order ${facts.number}. The transfer goes out with our next file for the bank; we write to you when the bank has booked it.`,
          'That was not you? Answer this mail at once: until the transfer is with the bank, another account can be named.',
        ],
      }
    : {
        locale,
        link: { words: '退款进度：', url: facts.url },
        subject: `已登记收款账户：${facts.waiting}，订单 ${facts.number}`,
        paragraphs: [
          `订单 ${facts.number} 应退的 ${facts.waiting} 已登记收款账户，将随下一批银行转账汇出；银行入账后我们会写信告诉您。`,
          '不是您本人填写的？请立即回复本邮件：转账交给银行之前，账户还可以更改。',
        ],
      }
}
