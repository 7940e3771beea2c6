import { formatMoney } from '../../ledger/money.ts'
import { Facts } from '../../web/components/facts.tsx'
import { toldZone } from '../../policy/told-zone.ts'
import { formatMoment } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { boughtWords } from '../bought-words.ts'
import { refundReasonWords } from '../order-letters.ts'
import type { OrderView } from '../read-order.ts'
import { taxWords } from '../tax-words.ts'
import { Delivered } from './delivered.tsx'
import { orderText, shopText } from './order-pages-text.ts'
import { Extras, TransferState } from './transfer-state.tsx'

export type OrderPageProps = {
  page: Page
  order: OrderView
  /** Address of this page in the language at hand. */
  here: string
  /** The buyer says that he has paid: we ask, and look again. */
  asking: boolean
  /** Whoever looks is signed in as the buyer, and may name an account here. */
  isBuyer?: boolean
  /** The link by which the account is named was just mailed. */
  mailed?: boolean
}

// While something is about to happen the page looks again by itself; without script it is loaded anew.
const look_again_seconds = 3

/** How one order stands, in the buyer's words, and what to do now. */
export function OrderPage(props: OrderPageProps) {
  const { page, order } = props
  const { lang } = page
  const { currency } = order.gross
  const text = orderText[lang]
  const title = titleOf(order, lang)
  const soon = order.state === 'paid' || (order.state === 'awaiting_payment' && props.asking)
  return (
    <Layout
      page={page}
      title={title}
      here="shop"
      head={
        soon && (
          <noscript>
            <meta http-equiv="refresh" content={String(look_again_seconds)} />
          </noscript>
        )
      }
    >
      <div id="order" data-again={soon ? look_again_seconds : undefined}>
        <h1>{title}</h1>
        <State {...props} />
        <Extras {...props} />
        <div class="sheet">
          <Facts
            facts={[
              { label: text.number, value: <strong class="nums">{order.number}</strong> },
              { label: text.bought, value: boughtWords(order, lang) },
              ...(order.kind === 'card' && order.activation && order.iccid
                ? [{ label: text.iccid, value: <span class="nums">{order.iccid}</span> }]
                : []),
              {
                label: text.price,
                value: (
                  <>
                    {formatMoney(order.gross, lang)}
                    <div class="soft">{taxWords({ ...order, tax: order.tax.amount, currency }, lang)}</div>
                  </>
                ),
              },
              ...(isNotTaken(order)
                ? []
                : [{ label: text.paidBy, value: shopText[lang].checkout.pay[order.payBy] }]),
            ]}
          />
        </div>
        {order.state === 'delivered' && (
          <p>
            <a class="quiet" href={`${props.here}/contract.pdf`} download>
              {text.delivered.contract}
            </a>
            <br />
            <a class="quiet" href={`${props.here}/invoice.pdf`} download>
              {text.delivered.invoice}
            </a>
          </p>
        )}
      </div>
    </Layout>
  )
}

function titleOf(order: OrderView, lang: Page['lang']): string {
  const text = orderText[lang]
  const fromBalance = order.payBy === 'balance'
  switch (order.state) {
    case 'awaiting_payment':
      return text.awaiting.title
    case 'paid':
      return fromBalance ? text.paid.titleSetAside : text.paid.title
    case 'delivered':
      return order.kind === 'card' ? text.delivered.title : text.delivered.titleOther
    case 'refunding':
      if (fromBalance) return text.notTaken.title
      return order.transfer?.state === 'waiting' && order.transfer.account === 'wanted'
        ? text.refunding.titleAccount
        : text.refunding.title
    case 'refunded':
      return fromBalance ? text.notTaken.title : text.refunded.title
    case 'lapsed':
      return order.takenBackAt ? text.takeBack.done : text.lapsed.title
  }
}

function State(props: OrderPageProps) {
  const { page, order } = props
  const { lang } = page
  const text = orderText[lang]
  const money = formatMoney(order.gross, lang)
  switch (order.state) {
    case 'awaiting_payment':
      return <Awaiting {...props} money={money} />
    case 'paid':
      return <Preparing {...props} money={money} />
    case 'delivered':
      return <Delivered page={page} order={order} />
    case 'refunding':
      if (isNotTaken(order)) return <NotTaken page={page} order={order} />
      return (
        <>
          <p>{order.refundReason && text.refunding.why(refundReasonWords(order.refundReason, lang))}</p>
          {order.transfer ? (
            <TransferState {...props} transfer={order.transfer} />
          ) : (
            <p class="lead">{text.refunding.itself(money)}</p>
          )}
        </>
      )
    case 'refunded':
      if (isNotTaken(order)) return <NotTaken page={page} order={order} />
      return (
        <>
          <p>{order.refundReason && text.refunding.why(refundReasonWords(order.refundReason, lang))}</p>
          <Refunded page={page} order={order} money={money} />
        </>
      )
    case 'lapsed':
      return (
        <>
          <p>{order.takenBackAt ? text.takeBack.doneWords : text.lapsed.words}</p>
          <div class="actions">
            <a class="button" href={page.href('/shop')}>
              {text.lapsed.again}
            </a>
          </div>
        </>
      )
  }
}

function Preparing({ page, order, money }: OrderPageProps & { money: string }) {
  const { lang } = page
  const text = orderText[lang].paid
  const fromBalance = order.payBy === 'balance'
  if (order.heldUp) {
    const by = formatMoment(order.heldUp.givenBackAt, lang, toldZone(order.jurisdiction, page.now))
    return <p class="lead">{fromBalance ? text.heldUpSetAside(money, by) : text.heldUp(money, by)}</p>
  }
  return (
    <>
      {fromBalance && <p class="lead">{text.setAside(money)}</p>}
      <p class={fromBalance ? undefined : 'lead'}>{text.words}</p>
    </>
  )
}

/** Of what was to be paid from a balance nothing ever left it. */
const isNotTaken = ({ payBy, state }: OrderView) =>
  payBy === 'balance' && (state === 'refunding' || state === 'refunded')

function NotTaken({ page, order }: { page: Page; order: OrderView }) {
  const text = orderText[page.lang]
  return (
    <>
      <p>{order.refundReason && text.refunding.why(refundReasonWords(order.refundReason, page.lang))}</p>
      <p class="lead">{text.notTaken.words}</p>
      <div class="actions">
        <a class="button plain" href={page.href('/cards')}>
          {text.delivered.cards}
        </a>
      </div>
    </>
  )
}

function Refunded({ page, order, money }: { page: Page; order: OrderView; money: string }) {
  const text = orderText[page.lang].refunded
  switch (order.refundRoute) {
    case 'bank_transfer':
      return <p class="lead">{text.transferred(formatMoney(order.owedBack ?? order.gross, page.lang))}</p>
    case 'voucher':
      return (
        <>
          <p class="lead">{text.voucher(money)}</p>
          <p class="sheet lead">
            <strong>{order.voucherCode}</strong>
          </p>
        </>
      )
    case 'nothing':
      return <p class="lead">{text.nothing}</p>
    case 'original_payment':
    case null:
      return <p class="lead">{text.words(money)}</p>
  }
}

function Awaiting({ page, order, here, asking, money }: OrderPageProps & { money: string }) {
  const text = orderText[page.lang].awaiting
  const zone = toldZone(order.jurisdiction, page.now)
  const until = (
    <>
      <p class="soft">{text.until(formatMoment(order.payUntil, page.lang, zone))}</p>
      <p>
        <a class="quiet" href={`${here}/take-back`}>
          {orderText[page.lang].takeBack.link}
        </a>
      </p>
    </>
  )
  if (order.payBy === 'bank') {
    const { payouts } = page.issuer.providers
    const facts = [
      { label: text.bankName, value: payouts?.name },
      { label: text.iban, value: payouts?.iban.replace(/(.{4})(?=.)/g, '$1 ') },
      ...(payouts?.bic ? [{ label: text.bic, value: payouts.bic }] : []),
      { label: text.amount, value: <strong>{money}</strong> },
      { label: text.reference, value: <strong>{order.number}</strong> },
    ]
    return (
      <>
        <h2>{text.bankTitle}</h2>
        <div class="sheet">
          <Facts facts={facts} />
        </div>
        <p>{text.bankWords}</p>
        {until}
      </>
    )
  }
  return (
    <>
      {asking && <p role="status">{text.asking}</p>}
      <p>{text.notYet}</p>
      <div class="actions">
        <a class={asking ? 'button plain' : 'button'} href={`${here}/pay`}>
          {text.pay(money)}
        </a>
      </div>
      {until}
    </>
  )
}
