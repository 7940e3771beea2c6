import type { ClosureView } from '../../closure/closure-view.ts'
import { WithdrawLink } from '../../closure/pages/withdraw-link.tsx'
import type { IfClosedNow } from '../../closure/if-closed-now.ts'
import { expiryPath } from '../../expiry/expiry-urls.ts'
import { outlookOf } from '../../expiry/outlook.ts'
import { expiryText } from '../../expiry/pages/expiry-text.ts'
import { outlookLink, outlookWords } from '../../expiry/pages/outlook-words.ts'
import { formatMoney } from '../../ledger/money.ts'
import { IfClosedNowLines } from '../../payout/pages/if-closed-now.tsx'
import { onSaleOf } from '../../order/on-sale.ts'
import type { CatalogueItem } from '../../plan/catalogue.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { type Fact, Facts } from '../../web/components/facts.tsx'
import { formatMoment } from '../../web/dates.ts'
import { between } from '../../web/lang.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import type { Card } from '../card-store.ts'
import { CardName } from './card-line.tsx'
import { cardText } from './card-text.ts'
import { leftWords } from './left-words.ts'

/** Every card with what is left on it, and the way to close it right there. */
export function CardsPage(props: {
  page: Page
  cards: Card[]
  closures: ClosureView[]
  now: Map<string, IfClosedNow>
  /** What the issuer sells now. */
  items: CatalogueItem[]
}) {
  const { page, cards, closures } = props
  const text = cardText[page.lang]
  return (
    <Layout page={page} title={text.title} here="cards">
      <h1>{text.title}</h1>
      {cards.length === 0 && <p>{text.none}</p>}
      {cards.map((card) => (
        <OneCard
          page={page}
          card={card}
          closure={closures.find((one) => isLiveFor(one, card))}
          now={props.now.get(card.cardId)}
          items={props.items}
        />
      ))}
      <p>
        <a class="quiet" href={page.href('/orders')}>
          {text.orders}
        </a>
      </p>
      {closures.length > 0 && <h2>{text.closures}</h2>}
      <ul>
        {closures.map((closure) => (
          <li>
            <a class="quiet" href={page.href(`/closures/${closure.number}`)}>
              {closure.number}
            </a>{' '}
            – {text.closureStates[closure.state]}
          </li>
        ))}
      </ul>
    </Layout>
  )
}

const isLiveFor = (closure: ClosureView, card: Card) =>
  closure.state !== 'undone' && closure.cards.some((one) => one.cardId === card.cardId)

function OneCard(props: {
  page: Page
  card: Card
  closure: ClosureView | undefined
  now: IfClosedNow | undefined
  items: CatalogueItem[]
}) {
  const { page, card, closure } = props
  const text = cardText[page.lang]
  const onSale = onSaleOf(card, props.items, page.now)
  const outlook = outlookOf(page.issuer, card, onSale, page.now)
  const ended = outlook?.ended === true
  const zone = toldZone(card.jurisdiction, page.now)
  return (
    <section class="sheet">
      <h2>
        <CardName card={card} lang={page.lang} />
      </h2>
      <Facts facts={factsOf(page, card, ended)} />
      {outlook && (outlook.money !== 'none' || outlook.ended) && (
        <p>
          {outlookWords(outlook, page.lang, zone)}
          {between[page.lang]}
          <a class="quiet" href={page.href(expiryPath(card.cardId))}>
            {outlookLink(outlook, page.lang)}
          </a>
        </p>
      )}
      <IfClosedNowLines page={page} now={props.now} />
      <p>
        <a class="quiet" href={page.href(`/cards/${card.cardId}/statement`)}>
          {text.statement}
        </a>
      </p>
      <div class="actions">
        {closure ? (
          <a class="button plain" href={page.href(`/closures/${closure.number}`)}>
            {card.state === 'closed' ? text.outcome : text.progress}
          </a>
        ) : (
          card.state === 'open' && (
            <>
              {(!ended || onSale.days !== null) && (
                <a class="button plain" href={page.href(`/top-up/${card.cardId}`)}>
                  {ended ? expiryText[page.lang].extendGoEnded : text.topUp}
                </a>
              )}
              <a class="button" href={page.href(`/close/what-happens?card=${card.cardId}`)}>
                {text.close}
              </a>
            </>
          )
        )}
      </div>
      {!closure && props.now && <WithdrawLink page={page} card={{ ...props.now, cardId: card.cardId }} />}
    </section>
  )
}

function factsOf(page: Page, card: Card, ended: boolean): Fact[] {
  const { lang } = page
  const text = cardText[lang]
  const balance = { label: text.balance, value: <strong>{formatMoney(card.balance, lang)}</strong> }
  const status = { label: text.status, value: ended ? text.ended : text.states[card.state] }
  if (card.state === 'closed') return [status, balance]
  const until = formatMoment(card.expiresAt, lang, toldZone(card.jurisdiction, page.now))
  return [
    status,
    ...(ended ? [] : [{ label: text.left, value: leftWords(card, lang) }]),
    balance,
    { label: ended ? text.wasGoodUntil : text.expires, value: until },
  ]
}
