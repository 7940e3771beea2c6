import { CardLine } from '../../card/pages/card-line.tsx'
import { formatMoney, type Money } from '../../ledger/money.ts'
import { formatDay } from '../../web/dates.ts'
import type { Lang } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import { policyFor } from '../../policy/policy.ts'
import type { Choice } from '../choice.ts'
import { carry } from '../choice.ts'
import type { PayoutRoute } from '../closure-view.ts'
import type { ClosurePreview } from '../preview.ts'
import { closingText } from './closure-text.ts'

/** What each page between choice and declaration is about. */
export type Flow = { page: Page; choice: Choice; preview: ClosurePreview }

/** Address of a page of the flow with the choice in it. */
export function flowHref(
  flow: Pick<Flow, 'page' | 'choice'>,
  step: string,
  more: [string, string][] = [],
): string {
  return flow.page.href(`/close/${step}?${new URLSearchParams([...carry(flow.choice), ...more])}`)
}

/** The zone of the law the closure falls under. */
export const zoneOf = (flow: Flow) => policyFor(flow.preview.jurisdiction, flow.page.now).time_zone

export function FlowCards({ flow }: { flow: Flow }) {
  return <CardLine lang={flow.page.lang} cards={flow.preview.cards} />
}

/** One sentence a way and currency: how much goes where by when. */
export function moneySentences(flow: Flow): string[] {
  const { lang } = flow.page
  const text = closingText[lang].what
  const sums = new Map<string, { route: PayoutRoute; money: Money; day: string }>()
  for (const { route, balance, arrivesBy } of flow.preview.cards) {
    if (route === 'nothing') continue
    const key = `${route}/${balance.currency}`
    const before = sums.get(key)?.money.amount ?? 0n
    const day = formatDay(arrivesBy, lang, zoneOf(flow))
    sums.set(key, { route, money: { ...balance, amount: before + balance.amount }, day })
  }
  const sentences = [...sums.values()].map(({ route, money, day }) =>
    (route === 'bank_transfer' ? text.bank : text.original)(formatMoney(money, lang), day),
  )
  return sentences.length > 0 ? sentences : [text.nothing]
}

export const startWords = (lang: Lang, start: string) =>
  start === 'at_once' ? closingText[lang].start.now : closingText[lang].start.after
