import { formatMoney } from '../../ledger/money.ts'
import { PostForm } from '../../web/components/form.tsx'
import { between } from '../../web/lang.ts'
import type { OrderTransfer } from '../read-order.ts'
import type { OrderPageProps } from './order-page.tsx'
import { orderText } from './order-pages-text.ts'

/**
 * Money that is transferred: where it is, and what its buyer does. The account is named by whoever is signed in or has
 * the mailed link, not by whoever has this page: its address may lie in a mailbox for years.
 */
export function TransferState(props: OrderPageProps & { transfer: OrderTransfer }) {
  const { page, order, transfer } = props
  const text = orderText[page.lang].transfer
  const money = formatMoney(order.owedBack ?? order.gross, page.lang)
  const { supportEmail } = page.issuer.brand
  if (transfer.state !== 'waiting') return <p class="lead">{text.sent(money)}</p>
  if (transfer.account === 'gone')
    return (
      <div class="sheet needs">
        <p>{text.gone(money, supportEmail, order.number)}</p>
        <a class="button" href={`mailto:${supportEmail}?${new URLSearchParams({ subject: order.number })}`}>
          {text.write}
        </a>
      </div>
    )
  const given = transfer.account === 'given'
  return (
    <>
      {props.mailed && <p role="status">{text.mailed}</p>}
      <div class={given ? 'sheet' : 'sheet needs'}>
        <p>{given ? text.given(money) : text.wanted(money)}</p>
        <NameIt {...props} given={given} />
      </div>
      <p class="soft">{text.noMail(supportEmail)}</p>
    </>
  )
}

/** What came for the order besides, and goes back to an account that the buyer names in the same way. */
export function Extras(props: OrderPageProps) {
  const { page, order } = props
  if (order.extras.length === 0) return null
  const text = orderText[page.lang].extra
  const transfer = orderText[page.lang].transfer
  const { supportEmail } = page.issuer.brand
  const open = order.extras.filter(({ state, account }) => state === 'waiting' && account !== 'gone')
  const named = open.every(({ account }) => account === 'given')
  // Where the order's own money waits, the account is named above, for all of it.
  const own = order.state === 'refunding' && order.transfer?.state === 'waiting'
  return (
    <>
      <h2>{text.title}</h2>
      {props.mailed && !own && <p role="status">{transfer.mailed}</p>}
      <div class={open.length === 0 || named ? 'sheet' : 'sheet needs'}>
        {order.extras.map((extra) => {
          const money = formatMoney(extra.amount, page.lang)
          const how = extra.state === 'waiting' ? extra.account : extra.state
          return (
            <p>
              {text.why[extra.reason]?.(money)}
              {between[page.lang]}
              {how === 'gone' ? transfer.gone(money, supportEmail, order.number) : text[how]}
            </p>
          )
        })}
        {open.length > 0 && !own && <NameIt {...props} given={named} />}
      </div>
      {open.length > 0 && !own && <p class="soft">{transfer.noMail(supportEmail)}</p>}
    </>
  )
}

function NameIt({ page, here, isBuyer, given }: OrderPageProps & { given: boolean }) {
  const text = orderText[page.lang].transfer
  if (isBuyer)
    return (
      <a class={given ? 'quiet' : 'button'} href={`${here}/bank-account`}>
        {given ? text.change : text.name}
      </a>
    )
  return (
    <>
      <p>{given ? text.changeByMail : text.byMail}</p>
      <PostForm page={page} action={`${here}/account-link`}>
        <button class={given ? 'button plain' : 'button'} type="submit">
          {text.again}
        </button>
      </PostForm>
    </>
  )
}
