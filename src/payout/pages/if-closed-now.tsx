import type { IfClosedNow } from '../../closure/if-closed-now.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { formatDay } from '../../web/dates.ts'
import type { Page } from '../../web/page.ts'
import { payoutText } from './payout-text.ts'
import { linesOf, SettlementLines } from './settlement-lines.tsx'
import { waysOf } from './ways.ts'

/** "If you closed it now": what would come back of a card, where to, by when. */
export function IfClosedNowLines({ page, now }: { page: Page; now: IfClosedNow | undefined }) {
  if (!now) return null
  const { currency, lines, total } = now.settlement
  const day = formatDay(now.arrivesBy, page.lang, toldZone(now.jurisdiction, page.now))
  const ways = waysOf([now.settlement], { lang: page.lang, day, minimum: now.minimumPayout })
  return (
    <>
      <h3>{payoutText[page.lang].now}</h3>
      {ways.map((sentence) => (
        <p>{sentence}</p>
      ))}
      <SettlementLines lang={page.lang} currency={currency} lines={linesOf(lines)} total={total} />
    </>
  )
}
