import type { Letter } from '../notice/letter.tsx'
import { neverByMail } from './transfer-letters.ts'

/** `wanted`: what has no account to go to. After the last one staff see that it waits. */
export type AccountReminder = { number: string; wanted: string; accountUrl: string; isLast: boolean }

/** Its buyer was asked for an account and has named none; the link is the one that is good now. */
export function accountReminderLetter(locale: 'zh-CN' | 'en', facts: AccountReminder): Letter {
  const { number, wanted, accountUrl, isLast } = facts
  return locale === 'en'
    ? {
        locale,
        link: { words: 'Name the account:', url: accountUrl },
        subject: `We still hold ${wanted} for you. Order ${number}`,
        paragraphs: [
          `${wanted} of order ${number} is yours, and we can't send it: we asked you for a bank account, and none has been named. Name one by the link below, and the money goes out with our next file for the bank.`,
          'Use this link; an earlier one may have ended. It is for you alone: do not forward it. Whoever has it can name the account. We write to you as soon as one is named.',
          ...(isLast
            ? ['This is the last reminder. The money stays yours, and our support knows that it waits.']
            : []),
          neverByMail.en,
        ],
      }
    : {
        locale,
        link: { words: '填写收款账户：', url: accountUrl },
        subject: `${wanted} 还在等您填写收款账户，订单 ${number}`,
        paragraphs: [
          `订单 ${number} 的 ${wanted} 应退还给您。我们已请您填写收款银行账户，但至今没有填写，所以还不能汇出。请通过下面的链接填写，款项将随下一批银行转账汇出。`,
          '请使用这个链接，以前的可能已失效。它只供您本人使用，请勿转发：拿到它的人都能填写账户。账户一经填写，我们会立即写信告诉您。',
          ...(isLast ? ['这是最后一次提醒。这笔钱仍归您所有，客服也已知晓。'] : []),
          neverByMail['zh-CN'],
        ],
      }
}
