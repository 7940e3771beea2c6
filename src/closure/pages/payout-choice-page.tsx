import { formatMoney } from '../../ledger/money.ts'
import { payoutText } from '../../payout/pages/payout-text.ts'
import { ErrorSummary } from '../../web/components/error-summary.tsx'
import { Carried, Choice, ChoiceGroup, type FieldFault } from '../../web/components/form.tsx'
import { formatDay } from '../../web/dates.ts'
import { Layout } from '../../web/layout.tsx'
import { carry } from '../choice.ts'
import { type Flow, FlowCards, flowHref, zoneOf } from './flow.tsx'

type PayoutChoiceProps = { flow: Flow; start: string; chosen: string; fault?: FieldFault | undefined }

/** Money or a voucher. Nobody is led here but by their own wish, and nothing is chosen beforehand. */
export function PayoutChoicePage({ flow, start, chosen, fault }: PayoutChoiceProps) {
  const { page, preview } = flow
  const text = payoutText[page.lang].choose
  const until = new Date(page.now.getTime() + preview.voucherDays * 86_400_000)
  const sums = preview.cards
    .filter(({ settlement }) => settlement.total > 0n)
    .map(({ settlement }) =>
      formatMoney({ amount: settlement.total, currency: settlement.currency }, page.lang),
    )
  return (
    <Layout
      page={page}
      title={text.title}
      back={flowHref(flow, 'what-happens')}
      here="close"
      wrong={fault !== undefined}
    >
      <ErrorSummary page={page} fault={fault} target="payout-money" />
      <form action={page.href('/close/payout')} novalidate>
        <Carried values={[...carry(flow.choice), ['start', start], ['chosen', '1']]} />
        <ChoiceGroup name="payout" legend={text.title} fault={fault}>
          <FlowCards flow={flow} />
          <Choice
            type="radio"
            name="payout"
            value="money"
            id="payout-money"
            checked={chosen === 'money'}
            hint={text.moneyHint}
          >
            {text.money}
          </Choice>
          <Choice
            type="radio"
            name="payout"
            value="voucher"
            id="payout-voucher"
            checked={chosen === 'voucher'}
            hint={text.voucherHint(sums.join(' + '), formatDay(until, page.lang, zoneOf(flow)))}
          >
            {text.voucher}
          </Choice>
        </ChoiceGroup>
        <div class="actions">
          <button class="button" type="submit">
            {page.text.continue}
          </button>
        </div>
      </form>
    </Layout>
  )
}
