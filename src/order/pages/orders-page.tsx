import { formatMoney } from '../../ledger/money.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { formatDay } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { boughtWords } from '../bought-words.ts'
import { orderPath } from '../order-token.ts'
import type { OrderView } from '../read-order.ts'
import { orderText } from './order-pages-text.ts'

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

function stateWords({ state, payBy, takenBackAt }: OrderView, lang: Page['lang']): string {
  if (takenBackAt) return orderText[lang].takeBack.state
  const text = orderText[lang].list
  if (payBy !== 'balance') return text.states[state]
  if (state === 'paid') return text.setAside
  return state === 'refunding' || state === 'refunded' ? text.notTaken : text.states[state]
}

type OrdersProps = {
  page: Page
  orders: OrderView[]
  /** Number of the last one, where there are more after it. */
  older: string | null
  /** True on every page but the newest. */
  further: boolean
}

/** What whoever is signed in has bought, newest first: the way back to activation codes, contracts and refunds. */
export function OrdersPage({ page, orders, older, further }: OrdersProps) {
  const { lang } = page
  const text = orderText[lang].list
  return (
    <Layout page={page} title={text.title} back={page.href('/cards')} here="cards">
      <h1>{text.title}</h1>
      {orders.length === 0 && !further && (
        <>
          <p>{text.none}</p>
          <div class="actions">
            <a class="button" href={page.href('/shop')}>
              {text.shop}
            </a>
          </div>
        </>
      )}
      {orders.map((order) => (
        <section class="sheet">
          <h2>{capital(boughtWords(order, lang))}</h2>
          <p>
            {formatMoney(order.gross, lang)} ·{' '}
            {formatDay(order.createdAt, lang, toldZone(order.jurisdiction, page.now))} ·{' '}
            {stateWords(order, lang)}
          </p>
          <p>
            <a class="quiet" href={orderPath(lang, order)}>
              {order.kind === 'card' && order.activation ? text.install : order.number}
            </a>
          </p>
          {order.state === 'awaiting_payment' && (
            <p>
              <a class="quiet" href={`${orderPath(lang, order)}/take-back`}>
                {orderText[lang].takeBack.link}
              </a>
            </p>
          )}
        </section>
      ))}
      {(older ?? further) && (
        <nav class="actions" aria-label={text.title}>
          {older && (
            <a class="button plain" href={page.href(`/orders?before=${older}`)}>
              {text.older}
            </a>
          )}
          {further && (
            <a class="quiet" href={page.href('/orders')}>
              {text.newest}
            </a>
          )}
        </nav>
      )}
    </Layout>
  )
}
