import { formatMoney } from '../../ledger/money.ts'
import { formatMoment } from '../../web/dates.ts'
import { morePaidByWaiting } from '../waiting-withdrawal.ts'
import { type Flow, zoneOf } from './flow.tsx'
import { withdrawText } from './withdraw-text.ts'

/** Of each card for which a withdrawal waits for its code that pays more than what is about to be declared, the way on. */
export function WaitingWithdrawals({ flow }: { flow: Flow }) {
  const { page, act } = flow
  const { lang } = page
  const text = withdrawText[lang].waiting
  const zone = zoneOf(flow)
  return (
    <>
      {flow.preview.cards.map((card) => {
        const waiting = morePaidByWaiting(card)
        if (!waiting) return null
        const { currency, total: amount } = card.settlement
        return (
          <div class="sheet needs">
            <p>
              {text.told(
                card.iccid.slice(-4),
                formatMoment(waiting.declaredAt, lang, zone),
                formatMoment(waiting.waitsUntil, lang, zone),
              )}
            </p>
            <p>
              {text.money[act](formatMoney(waiting.total, lang), formatMoney({ amount, currency }, lang))}
            </p>
            <p>
              <a class="button plain" href={page.href(`/closures/${waiting.number}`)}>
                {text.goOn}
              </a>
            </p>
          </div>
        )
      })}
    </>
  )
}
