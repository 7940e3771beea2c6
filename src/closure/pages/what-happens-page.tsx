import { payoutText } from '../../payout/pages/payout-text.ts'
import { Layout } from '../../web/layout.tsx'
import type { IfWithdrawn } from '../if-withdrawn.ts'
import { formatMoney } from '../../ledger/money.ts'
import { formatDay } from '../../web/dates.ts'
import { closingText } from './closure-text.ts'
import {
  chooseHref,
  type Flow,
  FlowCards,
  flowHref,
  mayChooseVoucher,
  MoneyLines,
  moneySentences,
  PlanLeft,
  zoneOf,
} from './flow.tsx'
import { WaitingWithdrawals } from './waiting-withdrawals.tsx'
import { withdrawText } from './withdraw-text.ts'
import { LineSection, TermsSections } from './terms-sections.tsx'

/** Everything that closing does, before anything is asked. */
export function WhatHappensPage({ flow, withdrawal }: { flow: Flow; withdrawal: IfWithdrawn | undefined }) {
  const { page, preview, choice } = flow
  const { lang } = page
  const text = closingText[lang].what
  const whole = choice.cardIds === 'account'
  const title = flow.act === 'withdraw' ? withdrawText[lang].title : text.title
  return (
    <Layout page={page} title={title} back={chooseHref(flow)} here="close">
      <h1>{title}</h1>
      <FlowCards flow={flow} />
      <WaitingWithdrawals flow={flow} />
      <Withdrawal flow={flow} instead={withdrawal} />
      <h2>{text.money}</h2>
      {moneySentences(flow).map((sentence) => (
        <p class="lead">{sentence}</p>
      ))}
      <MoneyLines flow={flow} />
      <PlanLeft flow={flow} />
      {mayChooseVoucher(flow) && (
        <p>
          <a href={flowHref(flow, 'payout')}>
            {flow.voucher ? payoutText[lang].choose.change : payoutText[lang].choose.link}
          </a>
        </p>
      )}
      {preview.cards.length > 0 && <LineSection page={page} />}
      <h2>{text.data}</h2>
      <p>{whole ? text.dataAccount : text.dataCard}</p>
      <TermsSections page={page} terms={preview} zone={zoneOf(flow)} />
      <div class="actions">
        <a class="button" href={flowHref(flow, 'data')}>
          {page.text.continue}
        </a>
      </div>
    </Layout>
  )
}

/** Of a withdrawal its time; of a closing that withdrawing would give back more, where it does. */
function Withdrawal({ flow, instead }: { flow: Flow; instead: IfWithdrawn | undefined }) {
  const { page } = flow
  const text = withdrawText[page.lang]
  if (flow.act === 'withdraw') {
    const days = flow.preview.cards.flatMap(({ withdrawableUntil }) => withdrawableUntil ?? [])
    const first = new Date(Math.min(...days.map((day) => day.getTime())))
    return <p>{text.until(formatDay(first, page.lang, zoneOf(flow)))}</p>
  }
  if (!instead) return null
  const day = formatDay(instead.until, page.lang, zoneOf(flow))
  return (
    <div class="sheet">
      <p>
        {text.paysMore(formatMoney(instead.total, page.lang), formatMoney(instead.closing, page.lang), day)}
      </p>
      <p>
        <a href={flowHref({ ...flow, act: 'withdraw' }, 'what-happens')}>{text.here}</a>
      </p>
    </div>
  )
}
