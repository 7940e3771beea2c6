import { CardLine, CardName } from '../../card/pages/card-line.tsx'
import { leftWords } from '../../card/pages/left-words.ts'
import { linesOf, SettlementLines } from '../../payout/pages/settlement-lines.tsx'
import { waysOf } from '../../payout/pages/ways.ts'
import { formatDay } from '../../web/dates.ts'
import type { Lang } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import { toldZone } from '../../policy/told-zone.ts'
import type { Choice } from '../choice.ts'
import { carry } from '../choice.ts'
import type { ClosurePreview } from '../preview.ts'
import { closingText } from './closure-text.ts'

/** What each page between choice and declaration is about. */
export type Flow = {
  page: Page
  choice: Choice
  preview: ClosurePreview
  /** The visitor asked for a voucher instead of money. */
  voucher: boolean
  act: 'terminate' | 'withdraw'
}

/** Address of a page of the flow with the choice in it. */
export function flowHref(
  flow: Pick<Flow, 'page' | 'choice' | 'voucher' | 'act'>,
  step: string,
  more: [string, string][] = [],
): string {
  return flow.page.href(`/close/${step}?${new URLSearchParams([...carried(flow), ...more])}`)
}

/** Back to the first question, with its answer still marked; to withdraw one begins at the cards. */
export const chooseHref = ({ page, choice, act }: Pick<Flow, 'page' | 'choice' | 'act'>) =>
  page.href(act === 'withdraw' ? '/cards' : `/close?${new URLSearchParams(carry(choice))}`)

/** What the addresses and forms of the flow take along: the choice, the act, and how the money shall come back. */
export function carried(flow: Pick<Flow, 'choice' | 'voucher' | 'act'>): [string, string][] {
  const more: [string, string][] = []
  if (flow.act === 'withdraw') more.push(['act', 'withdraw'])
  if (flow.voucher) more.push(['payout', 'voucher'])
  return [...carry(flow.choice), ...more]
}

/** The zone of the law the closure falls under. */
export const zoneOf = (flow: Flow) => toldZone(flow.preview.jurisdiction, flow.page.now)

export function FlowCards({ flow }: { flow: Flow }) {
  return <CardLine lang={flow.page.lang} cards={flow.preview.cards} />
}

/** One sentence a way and currency: how much goes where by when. */
export function moneySentences(flow: Flow): string[] {
  const { lang } = flow.page
  const { cards, minimumPayout: minimum } = flow.preview
  const [first] = cards
  const day = first ? formatDay(first.arrivesBy, lang, zoneOf(flow)) : ''
  const namedBy = formatDay(flow.preview.accountWantedUntil, lang, zoneOf(flow))
  return waysOf(
    cards.map(({ settlement }) => settlement),
    { lang, day, minimum, namedBy, wholeAccount: flow.choice.cardIds === 'account' },
  )
}

/** What closing pays of each card, where that is more than its balance. */
export function MoneyLines({ flow }: { flow: Flow }) {
  return (
    <>
      {flow.preview.cards.map(({ settlement: { currency, lines, total } }) => (
        <SettlementLines lang={flow.page.lang} currency={currency} lines={linesOf(lines)} total={total} />
      ))}
    </>
  )
}

/** What of a plan ends unused, of each card whose unused share is not paid for. */
export function PlanLeft({ flow }: { flow: Flow }) {
  const { lang } = flow.page
  const { cards } = flow.preview
  return (
    <>
      {cards.map(
        (card) =>
          card.planLeft &&
          !card.settlement.lines.some(({ kind }) => kind === 'unused') && (
            <p>
              {cards.length > 1 && (
                <>
                  <CardName card={card} lang={lang} />
                  {lang === 'en' ? ': ' : '：'}
                </>
              )}
              {closingText[lang].what.planLeft(leftWords(card.planLeft, lang))}
            </p>
          ),
      )}
    </>
  )
}

/** A voucher can be asked for where there is money and somebody stays to give it to. */
export const mayChooseVoucher = (flow: Flow) =>
  flow.choice.cardIds !== 'account' && flow.preview.cards.some(({ settlement }) => settlement.total > 0n)

export const startWords = (lang: Lang, start: string) =>
  start === 'at_once' ? closingText[lang].start.now : closingText[lang].start.after
