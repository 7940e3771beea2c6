import type { ClosureView } from '../../closure/closure-view.ts'
import { formatMoney } from '../../ledger/money.ts'
import { formatDay } from '../../web/dates.ts'
import { between } from '../../web/lang.ts'
import type { Page } from '../../web/page.ts'
import { payoutText } from './payout-text.ts'

/** What the payer's bank took back of the cards' payments: it may come months after the last mail. */
export function TakenBack({ page, view }: { page: Page; view: ClosureView }) {
  const { lang, issuer } = page
  const text = payoutText[lang].takenBack
  const all = view.cards.flatMap((card) => card.takenBack)
  if (all.length === 0) return null
  const money = ({ amount, currency }: (typeof all)[number]['amount']) =>
    formatMoney({ amount: BigInt(amount), currency }, lang)
  const { closedAt } = view
  return (
    <div class="sheet">
      <h2>{text.title}</h2>
      {all.map(({ amount, at, state }) => (
        <p>{[text.words(money(amount), formatDay(at, lang, view.zone)), text[state]].join(between[lang])}</p>
      ))}
      {closedAt && all.some(({ at }) => at > closedAt) && (
        <p>{text.afterClosing(issuer.brand.supportEmail)}</p>
      )}
    </div>
  )
}
