import { raw } from 'hono/html'
import { formatMoney } from '../../ledger/money.ts'
import { qrSvg } from '../../platform/qr.ts'
import { policyFor } from '../../policy/policy.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { isInTime, withdrawableUntil } from '../../policy/withdrawal.ts'
import { formatDay } from '../../web/dates.ts'
import { between } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import { boughtWords } from '../bought-words.ts'
import type { OrderView } from '../read-order.ts'
import { orderText } from './order-pages-text.ts'

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1)

/** What was bought, in hand: for a card the QR code, the activation code, and how it gets onto the phone. */
export function Delivered({ page, order }: { page: Page; order: OrderView }) {
  const text = orderText[page.lang].delivered
  if (order.kind !== 'card')
    return (
      <>
        <p class="lead">{text.other(capital(boughtWords(order, page.lang)))}</p>
        {order.payBy === 'balance' && <p>{text.fromBalance(formatMoney(order.gross, page.lang))}</p>}
        <div class="actions">
          <a class="button" href={page.href('/cards')}>
            {text.cards}
          </a>
        </div>
      </>
    )
  if (!order.activation) return <p>{text.erased}</p>
  return (
    <>
      <p class="lead">{text.scan}</p>
      <div class="sheet receipt">
        <div class="qr" role="img" aria-label={text.qr}>
          {raw(qrSvg(order.activation, 4))}
        </div>
        <p class="soft">{text.code}</p>
        <p>
          <code class="activation">{order.activation}</code>
        </p>
      </div>
      <p>{[text.once, text.starts].join(between[page.lang])}</p>
      <h2>{text.installTitle}</h2>
      <div class="actions">
        <a class="button plain" href={installLink('apple', order.activation)} rel="noreferrer">
          {text.iphoneLink}
        </a>
        <a class="button plain" href={installLink('android', order.activation)} rel="noreferrer">
          {text.androidLink}
        </a>
      </div>
      <Steps title={text.iphone} steps={text.iphoneSteps} />
      <Steps title={text.android} steps={text.androidSteps} />
      <h2>{text.close}</h2>
      <p>
        {text.closeWords}
        {between[page.lang]}
        <a href={page.href('/close')}>{page.text.close}</a>
      </p>
      <Withdrawable page={page} order={order} />
    </>
  )
}

/** Until when the law lets the buyer withdraw, as the page of the card says it too; nothing where or when it does not. */
function Withdrawable({ page, order }: { page: Page; order: OrderView }) {
  const { jurisdiction, soldAt } = order
  const until = soldAt && withdrawableUntil(policyFor(jurisdiction, page.now), jurisdiction, soldAt)
  if (!until || !isInTime(page.now, until)) return null
  const text = orderText[page.lang].delivered
  return (
    <p>
      {text.withdraw(formatDay(until, page.lang, toldZone(jurisdiction, page.now)))}
      {between[page.lang]}
      <a href={page.href('/cards')}>{text.cards}</a>
    </p>
  )
}

/** The makers' own addresses that hand an activation code to the phone's settings. */
function installLink(maker: 'apple' | 'android', activation: string): string {
  return `https://esimsetup.${maker}.com/esim_qrcode_provisioning?carddata=${encodeURIComponent(activation)}`
}

function Steps({ title, steps }: { title: string; steps: string[] }) {
  return (
    <>
      <h2>{title}</h2>
      <ol>
        {steps.map((step) => (
          <li>{step}</li>
        ))}
      </ol>
    </>
  )
}
