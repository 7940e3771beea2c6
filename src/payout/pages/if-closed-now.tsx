import type { IfClosedNow } from '../../closure/if-closed-now.ts'
import { withdrawText } from '../../closure/pages/withdraw-text.ts'
import { formatMoney } from '../../ledger/money.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { formatDay } from '../../web/dates.ts'
import type { Page } from '../../web/page.ts'
import { payoutText } from './payout-text.ts'
import { linesOf, SettlementLines } from './settlement-lines.tsx'
import { waysOf } from './ways.ts'

/**
 * "If you closed it now": what would come back of a card, where to, by when. While withdrawing from its contract gives
 * back more that stands here, with what closing would give back: whoever looks must not take the lesser for all.
 */
export function IfClosedNowLines({ page, now }: { page: Page; now: IfClosedNow | undefined }) {
  if (!now) return null
  const { lang } = page
  const { settlement, arrivesBy, minimumPayout: minimum } = now.withdrawn ?? now
  const { currency, lines, total } = settlement
  const day = formatDay(arrivesBy, lang, toldZone(now.jurisdiction, page.now))
  const ways = waysOf([settlement], { lang, day, minimum })
  const closing = { amount: now.settlement.total, currency }
  return (
    <>
      <h3>{now.withdrawn ? withdrawText[lang].now : payoutText[lang].now}</h3>
      {ways.map((sentence) => (
        <p>{sentence}</p>
      ))}
      {now.withdrawn && <p>{withdrawText[lang].closingNow(formatMoney(closing, lang))}</p>}
      <SettlementLines lang={lang} currency={currency} lines={linesOf(lines)} total={total} />
    </>
  )
}
