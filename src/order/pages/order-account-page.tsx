import { AccountForm, type TypedAccount } from '../../payout/pages/account-fields.tsx'
import { payoutText } from '../../payout/pages/payout-text.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import type { FieldFault } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import type { OrderView } from '../read-order.ts'
import { sumsThatWait } from '../waiting-sums.ts'
import { orderText } from './order-pages-text.ts'

type OrderAccountProps = {
  page: Page
  order: OrderView
  /** Address of the order's page. */
  back: string
  /** Address of this page. */
  here: string
  typed: TypedAccount
  faults?: FieldFault[]
}

/** Where the money of an order is transferred to. */
export function OrderAccountPage({ page, order, back, here, typed, faults = [] }: OrderAccountProps) {
  const { lang } = page
  const text = payoutText[lang].account
  return (
    <Layout page={page} title={text.title} back={back} wrong={faults.length > 0}>
      <ErrorSummary page={page} fault={faults} />
      <h1>{text.title}</h1>
      <p>
        {orderText[lang].number} <strong class="nums">{order.number}</strong>
      </p>
      <p>{orderText[lang].transfer.pageWords(sumsThatWait(order, lang))}</p>
      <AccountForm page={page} action={here} typed={typed} fault={faults} />
    </Layout>
  )
}
