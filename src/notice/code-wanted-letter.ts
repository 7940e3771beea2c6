import { formatMoment } from '../web/dates.ts'
import type { Letter } from './letter.tsx'
import { cardsInWords, type ClosureFacts } from './letters.ts'

type Locale = 'zh-CN' | 'en'

/** A declaration whose code was never entered. It bears no code: one is good for minutes, and this may lie for days. */
export function codeWantedLetter(locale: Locale, facts: ClosureFacts & { isLate: boolean }): Letter {
  const { number, isLate } = facts
  const declared = formatMoment(facts.declaredAt, locale, facts.zone)
  const due = formatMoment(facts.dueAt, locale, facts.zone)
  return locale === 'en'
    ? {
        locale,
        link: { words: 'Ask for a new code and enter it:', url: facts.progressUrl },
        subject: `Your code is still missing: ${number}`,
        paragraphs: [
          `On ${declared} you declared to close ${cardsInWords(locale, facts)}. That counts, but the code that we sent you was never entered: nothing is closed and no money has moved.`,
          isLate
            ? `It was to be done by ${due}. We go on as soon as you have entered a code; support knows of it too, so answer this mail if something keeps you from it.`
            : `We promised to be done by ${due}, and begin as soon as you have entered a code.`,
          'You have changed your mind? Undo it on the same page. If it was not you who declared this, enter no code and answer this mail.',
        ],
      }
    : {
        locale,
        link: { words: '重新获取并输入验证码：', url: facts.progressUrl },
        subject: `还差您的验证码：${number}`,
        paragraphs: [
          `您在 ${declared}申请注销${cardsInWords(locale, facts)}。申请有效，但我们发给您的验证码一直没有输入：目前什么都没有注销，资金也没有变动。`,
          isLate
            ? `本应在 ${due}前办结。您输入验证码后会立即继续；客服也已知晓，如有困难请回复本邮件。`
            : `我们承诺在 ${due}前办结，您输入验证码后立即开始。`,
          '改变主意了？可在同一页面撤销。如果不是您本人申请，请不要输入验证码，并回复本邮件。',
        ],
      }
}

/** To the issuer's own support desk: the deadline is over, and it is the holder who was not heard of. */
export function codeWantedSupportLetter(facts: ClosureFacts): Letter {
  return {
    locale: 'en',
    subject: `Overdue closure ${facts.number}: its holder has not entered the code`,
    paragraphs: [
      `Closure ${facts.number} was declared ${facts.declaredAt.toISOString()}, was due ${facts.dueAt.toISOString()}, and waits for the code that proves its holder. They were reminded by mail.`,
      'Ask them whether the mails arrive. Without the code no money moves.',
      `How it stands: npx leb status ${facts.number}`,
    ],
    link: { words: 'The holder sees:', url: facts.progressUrl },
  }
}
