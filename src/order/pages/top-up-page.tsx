import { CardLine } from '../../card/pages/card-line.tsx'
import { decimal, formatMoney, type Money } from '../../ledger/money.ts'
import type { AddOnItem } from '../../plan/catalogue.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Carried, type FieldFault, TextField } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import type { TargetCard } from '../quote.ts'
import type { TopUpLimits } from '../top-up-limits.ts'
import { IncludedList } from './included-list.tsx'
import { shopText } from './order-pages-text.ts'

type TopUpProps = {
  page: Page
  card: TargetCard
  balance: Money
  ended: boolean
  limits: TopUpLimits | undefined
  addOns: AddOnItem[]
  amount?: string
  fault?: FieldFault | undefined
}

/** Money or more data, minutes, messages and days for one card. */
export function TopUpPage({ page, card, balance, ended, limits, addOns, amount, fault }: TopUpProps) {
  const { lang } = page
  const text = shopText[lang].topUp
  const { currency } = card
  return (
    <Layout
      page={page}
      title={text.title}
      back={page.href('/cards')}
      here="cards"
      wrong={fault !== undefined}
    >
      <ErrorSummary page={page} fault={fault} />
      <h1>{text.title}</h1>
      <CardLine lang={lang} cards={[card]} />
      <p>{text.balance(formatMoney(balance, lang))}</p>
      {limits && (
        <form method="get" action={page.href('/checkout')}>
          <Carried values={[['card', card.cardId]]} />
          <TextField
            name="amount"
            inputmode="decimal"
            label={`${text.amount} (${currency})`}
            hint={text.hint(
              formatMoney(limits.min, lang),
              formatMoney(limits.max, lang),
              decimal(limits.min),
            )}
            autocomplete="off"
            value={amount ?? ''}
            fault={fault}
          />
          <div class="actions">
            <button class="button" type="submit">
              {text.go}
            </button>
          </div>
        </form>
      )}
      {ended && <p class="lead">{addOns.length > 0 ? text.ended : text.endedForGood}</p>}
      {addOns.length > 0 && <h2>{ended ? text.days : text.addOns}</h2>}
      {addOns.map((item) => (
        <section class="sheet">
          <h3>{item.terms.name[lang]}</h3>
          <p class="lead">
            <strong>{formatMoney({ amount: BigInt(item.terms.prices[currency]!), currency }, lang)}</strong>
          </p>
          <IncludedList page={page} item={item} currency={currency} />
          <p>
            <a
              class="button plain"
              href={page.href(`/checkout?${new URLSearchParams({ card: card.cardId, item: item.code })}`)}
            >
              {text.choose(item.terms.name[lang])}
            </a>
          </p>
        </section>
      ))}
    </Layout>
  )
}
