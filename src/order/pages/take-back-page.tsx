import { formatMoney } from '../../ledger/money.ts'
import { Facts } from '../../web/components/facts.tsx'
import { PostForm } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import { boughtWords } from '../bought-words.ts'
import type { OrderView } from '../read-order.ts'
import { orderText } from './order-pages-text.ts'

type TakeBackProps = {
  page: Page
  order: OrderView
  /** Address of the order's page. */
  back: string
}

/** What taking an order back means, and the button that does it. */
export function TakeBackPage({ page, order, back }: TakeBackProps) {
  const { lang } = page
  const text = orderText[lang]
  return (
    <Layout page={page} title={text.takeBack.title} back={back} here="shop">
      <h1>{text.takeBack.title}</h1>
      <div class="sheet">
        <Facts
          facts={[
            { label: text.number, value: <strong class="nums">{order.number}</strong> },
            { label: text.bought, value: boughtWords(order, lang) },
            { label: text.price, value: formatMoney(order.gross, lang) },
          ]}
        />
      </div>
      <p>{order.payBy === 'bank' ? text.takeBack.bankWords : text.takeBack.words}</p>
      <PostForm page={page} action={`${back}/take-back`}>
        <div class="actions">
          <button class="button">{text.takeBack.go}</button>
          <a class="quiet" href={back}>
            {text.takeBack.keep}
          </a>
        </div>
      </PostForm>
    </Layout>
  )
}
