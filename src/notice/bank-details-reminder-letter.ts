import { formatDay } from '../web/dates.ts'
import { type AccountWanted, nameItBy } from './account-wanted-words.ts'
import type { Letter } from './letter.tsx'
import type { ClosureFacts } from './letters.ts'

/** `lineEndsAt`: from then on the line waits for the account no longer; null after the certificate. */
export type ReminderFacts = ClosureFacts & {
  isLast: boolean
  lineEndsAt: Date | null
  wanted: AccountWanted | null
}

/** The holder was asked for an account that the money of a closure goes to, and has named none. */
export function bankDetailsReminderLetter(locale: 'zh-CN' | 'en', facts: ReminderFacts): Letter {
  const { number, isLast } = facts
  const day = facts.lineEndsAt && formatDay(facts.lineEndsAt, locale, facts.zone)
  const url = `${facts.progressUrl}/bank-account`
  return locale === 'en'
    ? {
        locale,
        link: { words: 'Name your account:', url },
        subject: `We still hold money for you: ${number}`,
        paragraphs: [
          `The money of closing ${number} is yours, and we can't send it: we asked you for a bank account, and none has been named. Sign in on our page and name one, and we transfer it there.`,
          ...(day && isLast
            ? ['Lines and eSIMs are now retired for good all the same, and closing can no longer be undone.']
            : []),
          ...(day && !isLast
            ? [
                `If none is named by ${day}, lines and eSIMs are retired for good all the same, and closing can no longer be undone.`,
              ]
            : []),
          ...(isLast
            ? ['This is the last reminder. The money stays yours, and our support knows that it waits.']
            : []),
          ...nameItBy(locale, facts.wanted, facts.zone),
          'Never send account numbers by e-mail. Your account has no IBAN? Answer this mail, without the number, and support agrees a safe way with you.',
        ],
      }
    : {
        locale,
        link: { words: '填写收款账户：', url },
        subject: `您还有一笔钱未领取：${number}`,
        paragraphs: [
          `注销 ${number} 有一笔钱应退还给您。我们已请您填写收款银行账户，但至今没有填写，所以还不能汇出。请登录我们的网页填写，我们会转账到该账户。`,
          ...(day && isLast ? ['线路和 eSIM 现在仍会永久停用，注销不能再撤销。'] : []),
          ...(day && !isLast
            ? [`如果到 ${day}仍未填写，线路和 eSIM 也会永久停用，届时注销不能再撤销。`]
            : []),
          ...(isLast ? ['这是最后一次提醒。这笔钱仍归您所有，客服也已知晓。'] : []),
          ...nameItBy(locale, facts.wanted, facts.zone),
          '请不要通过邮件发送账号。账户没有 IBAN？请回复本邮件，信中不要写账号，客服会与您约定安全的方式。',
        ],
      }
}
