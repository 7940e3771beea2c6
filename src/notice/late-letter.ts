import type { Issuer } from '../issuer/issuer.ts'
import { formatMoment } from '../web/dates.ts'
import { type AccountWanted, nameItBy } from './account-wanted-words.ts'
import type { Letter } from './letter.tsx'
import { type ClosureFacts, progressLink } from './letters.ts'

type Locale = 'zh-CN' | 'en'

/** `waitsForAccount`: it can't go on before its holder has named an account; the page says so as well. */
export type LateFacts = ClosureFacts & { waitsForAccount: boolean; wanted: AccountWanted | null }

/** The deadline is over. Whoever is waited for is told what to do, and nobody else that it is their turn. */
export function lateLetter(locale: Locale, issuer: Issuer, facts: LateFacts): Letter {
  if (facts.waitsForAccount) return lateForHolder(locale, issuer, facts)
  const due = formatMoment(facts.dueAt, locale, facts.zone)
  const link = progressLink(locale, facts)
  return locale === 'en'
    ? {
        locale,
        link,
        subject: `We are late with ${facts.number}`,
        paragraphs: [
          `Closing ${facts.number} should have been done by ${due}. It is not, and that is our fault.`,
          `Support has taken it over; you need do nothing. To complain, write to ${issuer.brand.appealEmail} with your slip.`,
        ],
      }
    : {
        locale,
        link,
        subject: `注销 ${facts.number} 已逾期`,
        paragraphs: [
          `注销 ${facts.number} 本应在 ${due}前办结，现已逾期，责任在我们。`,
          `客服已主动接手，您无需操作。如需申诉，请凭确认单写信至 ${issuer.brand.appealEmail}。`,
        ],
      }
}

function lateForHolder(locale: Locale, issuer: Issuer, facts: LateFacts): Letter {
  const due = formatMoment(facts.dueAt, locale, facts.zone)
  const url = `${facts.progressUrl}/bank-account`
  return locale === 'en'
    ? {
        locale,
        link: { words: 'Name your account:', url },
        subject: `We still need your bank account: ${facts.number}`,
        paragraphs: [
          `Closing ${facts.number} should have been done by ${due}. It waits for the bank account that your money goes to. Sign in on our page and name one: it goes on at once, and you need not declare again.`,
          ...nameItBy(locale, facts.wanted, facts.zone),
          `Support knows of it too: answer this mail, without the account number, if something keeps you from it. To complain, write to ${issuer.brand.appealEmail} with your slip.`,
        ],
      }
    : {
        locale,
        link: { words: '填写收款账户：', url },
        subject: `还差您的收款账户：${facts.number}`,
        paragraphs: [
          `注销 ${facts.number} 本应在 ${due}前办结，目前在等您填写收款银行账户。请登录我们的网页填写，填写后会立即继续，不需要重新申请。`,
          ...nameItBy(locale, facts.wanted, facts.zone),
          `客服也已知晓，如有困难请回复本邮件，信中不要写账号。如需申诉，请凭确认单写信至 ${issuer.brand.appealEmail}。`,
        ],
      }
}
