import { formatMoney } from '../../ledger/money.ts'
import { PostForm } from '../../web/components/form.tsx'
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
        {props.isBuyer ? (
          <a class={given ? 'quiet' : 'button'} href={`${props.here}/bank-account`}>
            {given ? text.change : text.name}
          </a>
        ) : (
          <>
            <p>{given ? text.changeByMail : text.byMail}</p>
            <PostForm page={page} action={`${props.here}/account-link`}>
              <button class={given ? 'button plain' : 'button'} type="submit">
                {text.again}
              </button>
            </PostForm>
          </>
        )}
      </div>
      <p class="soft">{text.noMail(supportEmail)}</p>
    </>
  )
}
