import type { Wording } from '../platform/errors.ts'
import { accountWantedUntil, claimUntil } from '../policy/clocks.ts'
import type { Policy } from '../policy/policy-schema.ts'
import { formatCalendarDay, formatDay } from '../web/dates.ts'
import type { Covers, PartView } from './closure-view.ts'
import { wayByNow } from './declaration-words.ts'

/** What is said of money that is kept because its holder named no account (keep-unanswered.ts); it is nothing lost. */

/** Kept since no account was named, and not because it is too little. */
export const isUnclaimed = ({ route, claimUntil: until }: Pick<PartView, 'route' | 'claimUntil'>): boolean =>
  route === 'kept' && until !== null

const kept: Wording = {
  'zh-CN': '一直没有填写收款账户，为您保留，仍归您所有，可要求退还',
  en: 'kept for you, because no account was named: it stays yours, and is paid when you ask',
}

/** Where a part went, in one line. */
export const wayOfPart = (
  part: Pick<PartView, 'route' | 'state' | 'byHand' | 'claimUntil' | 'paidWith'>,
): Wording => (isUnclaimed(part) ? kept : wayByNow(part))

/** On the slip, where money goes by bank transfer: what happens if nobody names an account. */
export function ifNobodyNames(policy: Policy, declaredAt: Date, zone: string): Wording {
  const last = accountWantedUntil(policy, { declaredAt, lastReminderAt: declaredAt, zone })
  const until = claimUntil(policy, last)
  const [zhLast, enLast] = [formatDay(last, 'zh-CN', zone), formatDay(last, 'en', zone)]
  const [zh, en] = [formatCalendarDay(until, 'zh-CN', zone), formatCalendarDay(until, 'en', zone)]
  return {
    'zh-CN': `需要银行转账的钱，请在进度页填写收款账户。到 ${zhLast}仍未填写的，注销照常完成，这笔钱为您保留：仍归您所有，至少到 ${zh}可凭本单要求退还。`,
    en: `For money that goes by bank transfer, name an account on the progress page. If none is named by ${enLast}, closing is completed and the money is kept for you: it stays yours, and can be claimed with this slip at least until ${en}.`,
  }
}

/**
 * On the certificate: that it is still owed, and how it is claimed by who may have nothing but this paper. `slipCounts`: the
 * slip went to the holder, and not to whoever declared without signing in.
 */
export function claimWords(
  until: string,
  at: { covers: Covers; supportEmail: string; zone: string; slipCounts: boolean },
): Wording {
  const { covers, supportEmail, zone, slipCounts } = at
  const [zh, en] = [formatCalendarDay(until, 'zh-CN', zone), formatCalendarDay(until, 'en', zone)]
  const page = covers === 'card'
  return {
    'zh-CN': `一直没有填写收款账户，为您保留，仍归您所有；至少到 ${zh}，${page ? '可在注销进度页要求退还，也可' : ''}凭${slipCounts ? '注销确认单或' : ''}本证明写信到 ${supportEmail} 领取`,
    en: `kept for you, because no account was named: it stays yours, and is paid when you ${page ? "ask for it on the closure's page or " : ''}write to ${supportEmail} with ${slipCounts ? 'your slip or ' : ''}this certificate, at least until ${en}`,
  }
}
