import { CardName } from '../../card/pages/card-line.tsx'
import type { Card } from '../../card/card-store.ts'
import { formatMoney } from '../../ledger/money.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Choice, ChoiceGroup, type FieldFault } from '../../web/components/form.tsx'
import { Layout } from '../../web/layout.tsx'
import type { Page } from '../../web/page.ts'
import type { Lang } from '../../web/lang.ts'
import type { Carried } from '../choice.ts'
import type { IfClosedNow } from '../if-closed-now.ts'
import { closingText } from './closure-text.ts'

type ChooseProps = {
  page: Page
  cards: Card[]
  /** What closing each would pay, by card id. */
  now: Map<string, IfClosedNow>
  accounts: { accountId: string; accountRef: string }[]
  chosen: Carried
  fault?: FieldFault | undefined
}

/** First question of the closing. Nothing is ticked but what came back. */
export function ChoosePage({ page, cards, now, accounts, chosen, fault }: ChooseProps) {
  const text = closingText[page.lang].choose
  const empty = cards.length === 0 && accounts.length === 0
  return (
    <Layout
      page={page}
      title={text.title}
      back={page.href('/cards')}
      here="close"
      wrong={fault !== undefined}
    >
      <ErrorSummary page={page} fault={fault} target="choice-0" />
      {empty && (
        <>
          <h1>{text.title}</h1>
          <p>{text.noneOpen}</p>
        </>
      )}
      {!empty && (
        <form action={page.href('/close')} novalidate>
          <input type="hidden" name="chosen" value="1" />
          <ChoiceGroup name="card" legend={text.title} fault={fault}>
            <p class="hint">{text.hint}</p>
            {cards.map((card, at) => (
              <Choice
                type="checkbox"
                name="card"
                value={card.cardId}
                id={`choice-${at}`}
                checked={chosen.cards.includes(card.cardId)}
                hint={moneyHint(card, now.get(card.cardId), page.lang)}
              >
                <CardName card={card} lang={page.lang} />
              </Choice>
            ))}
            {cards.length > 0 && accounts.length > 0 && <p class="or">{text.or}</p>}
            {accounts.map((account, at) => (
              <Choice
                type="checkbox"
                name="whole"
                value={account.accountId}
                id={`choice-${cards.length + at}`}
                checked={chosen.whole === account.accountId}
                hint={text.accountHint}
              >
                {text.account(account.accountRef)}
              </Choice>
            ))}
          </ChoiceGroup>
          <div class="actions">
            <button class="button" type="submit">
              {page.text.continue}
            </button>
          </div>
        </form>
      )}
    </Layout>
  )
}

/** The balance; and what ending the contract pays beyond it, for what was not used. */
function moneyHint({ balance }: Card, now: IfClosedNow | undefined, lang: Lang): string {
  const text = closingText[lang].choose
  const own = balance.amount > 0n ? text.balance(formatMoney(balance, lang)) : text.noBalance
  const { currency, total } = (now?.withdrawn ?? now)?.settlement ?? { ...balance, total: 0n }
  if (total <= balance.amount || currency !== balance.currency) return own
  const sum = formatMoney({ amount: total, currency }, lang)
  return now?.withdrawn ? text.withdrawing(own, sum) : text.closing(own, sum)
}
