import { formatMoney } from '../../ledger/money.ts'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import type { OrderView } from '../read-order.ts'
import { orderText } from './order-pages-text.ts'

type PayProps = { page: Page; order: OrderView; payUrl: string; here: string }

/**
 * On to the provider's page. Not a redirect of the form: browsers hold redirects after a form to the policy
 * `form-action 'self'`; from a page of its own the way is free, by itself or by the link.
 */
export function PayPage({ page, order, payUrl, here }: PayProps) {
  const text = orderText[page.lang].pay
  return (
    <Layout
      page={page}
      title={text.title}
      back={here}
      here="shop"
      head={<meta http-equiv="refresh" content={`0;url=${payUrl}`} />}
    >
      <h1>{text.title}</h1>
      <p>{text.words(formatMoney(order.gross, page.lang))}</p>
      <div class="actions">
        <a class="button" href={payUrl} rel="noreferrer">
          {text.go}
        </a>
        <a class="quiet" href={here}>
          {text.back}
        </a>
      </div>
    </Layout>
  )
}
