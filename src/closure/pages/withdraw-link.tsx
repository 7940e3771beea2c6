import type { IfClosedNow } from '../if-closed-now.ts'
import { policyFor } from '../../policy/policy.ts'
import { toldZone } from '../../policy/told-zone.ts'
import { isInTime, withdrawalRule } from '../../policy/withdrawal.ts'
import { LawLink } from '../../web/components/law-words.tsx'
import { formatDay } from '../../web/dates.ts'
import type { Page } from '../../web/page.ts'
import { withdrawText } from './withdraw-text.ts'

/** `withdrawn` is there where it gives back more than closing: then it is no lesser button than that. */
type Withdrawable = { cardId: string } & Pick<IfClosedNow, 'jurisdiction' | 'withdrawableUntil' | 'withdrawn'>

/** The way to withdraw from the contract for a card, for as long as there is one (Directive 2011/83/EU Art. 11a(1)). */
export function WithdrawLink({ page, card }: { page: Page; card: Withdrawable }) {
  const { cardId, jurisdiction, withdrawableUntil: until, withdrawn } = card
  if (!until || !isInTime(page.now, until)) return null
  const policy = policyFor(jurisdiction, page.now)
  return (
    <p>
      <LawLink
        labels={withdrawalRule(policy, jurisdiction)?.labels}
        href={page.href(`/close/what-happens?${new URLSearchParams({ card: cardId, act: 'withdraw' })}`)}
        class={withdrawn ? 'button' : 'quiet'}
        id={`withdraw-${cardId}`}
        meaning={withdrawText[page.lang].hereUntil(
          formatDay(until, page.lang, toldZone(jurisdiction, page.now)),
        )}
      />
    </p>
  )
}
