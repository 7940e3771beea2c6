import type { Money } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { isInTime } from '../policy/withdrawal.ts'
import type { Flow } from './pages/flow.tsx'
import { previewClosure } from './preview.ts'
import { morePaidByWaiting } from './waiting-withdrawal.ts'

/** What withdrawing from the same contracts would give back instead, and until when. */
export type IfWithdrawn = { until: Date; total: Money; closing: Money }

/**
 * For who is about to close what can still be withdrawn from: nobody should close and get less. Undefined where a card
 * of the choice is out of its time, where withdrawing pays no more, or where the cards are in several currencies.
 */
export async function ifWithdrawn(ctx: Context, flow: Flow): Promise<IfWithdrawn | undefined> {
  const { cards } = flow.preview
  if (flow.act !== 'terminate' || cards.length === 0 || cards.some((card) => card.existing)) return undefined
  // Declared already, and told of by itself.
  if (cards.every(morePaidByWaiting)) return undefined
  const times = cards.map(({ withdrawableUntil }) => withdrawableUntil)
  if (times.some((until) => !isInTime(flow.page.now, until))) return undefined
  const currency = cards[0]!.balance.currency
  if (cards.some((card) => card.balance.currency !== currency)) return undefined
  const { issuerId } = flow.page.issuer
  const withdrawn = await previewClosure(ctx, { issuerId, ...flow.choice, act: 'withdraw' })
  const sumOf = (all: typeof cards): Money => ({
    amount: all.reduce((sum, { settlement }) => sum + settlement.total, 0n),
    currency,
  })
  const [total, closing] = [sumOf(withdrawn.cards), sumOf(cards)]
  const until = new Date(Math.min(...times.map((time) => time!.getTime())))
  return total.amount > closing.amount ? { until, total, closing } : undefined
}
