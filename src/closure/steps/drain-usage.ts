import type { CaseCard } from '../case.ts'
import { proofOf } from '../journal.ts'
import type { LocalStep } from '../step.ts'

/** Usage from before the freeze may be reported late; the issuer's rules say how long that is waited for. */
export const drainUsage: LocalStep<CaseCard> = {
  kind: 'local',
  name: 'drain_usage',
  async apply(ctx, _tx, told, card) {
    const off = proofOf(told.journal, 'freeze', card.cardId)?.answeredAt ?? ctx.clock.now()
    const until = new Date(off.getTime() + told.issuer.rules.drain_seconds * 1000)
    if (until > ctx.clock.now()) return { wait: { until } }
    return { done: { waited_seconds: told.issuer.rules.drain_seconds } }
  },
}
