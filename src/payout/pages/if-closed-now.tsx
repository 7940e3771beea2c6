import type { IfClosedNow } from '../../closure/if-closed-now.ts'
import { policyFor } from '../../policy/policy.ts'
import { formatDay } from '../../web/dates.ts'
import type { Page } from '../../web/page.ts'
import { payoutText } from './payout-text.ts'
import { linesOf, SettlementLines } from './settlement-lines.tsx'
import { waysOf } from './ways.ts'

/** "If you closed it now": what would come back of a card, where to, by when. */
export function IfClosedNowLines({ page, now }: { page: Page; now: IfClosedNow | undefined }) {
  if (!now) return null
  const { currency, lines, total } = now.settlement
  // In the zone that the way to the declaration tells it in: the same sum must not come by two days.
  const zone = policyFor(now.jurisdiction, page.now).time_zone
  const day = formatDay(now.arrivesBy, page.lang, zone)
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
