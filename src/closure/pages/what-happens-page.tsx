import { payoutText } from '../../payout/pages/payout-text.ts'
import { Layout } from '../../web/layout.tsx'
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
import { LineSection, TermsSections } from './terms-sections.tsx'

/** Everything that closing does, before anything is asked. */
export function WhatHappensPage({ flow }: { flow: Flow }) {
  const { page, preview, choice } = flow
  const { lang } = page
  const text = closingText[lang].what
  const whole = choice.cardIds === 'account'
  return (
    <Layout page={page} title={text.title} back={chooseHref(flow)} here="close">
      <h1>{text.title}</h1>
      <FlowCards flow={flow} />
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
