import type { Money } from '../ledger/money.ts'
import { readSettlementFacts } from '../payout/read-settlement-facts.ts'
import { type Settlement, settlementOf } from '../payout/settlement.ts'
import type { Tx } from '../platform/db.ts'
import type { MoneyRules } from '../policy/money-rules.ts'

/** A withdrawal from the contract for a card that was declared in time without signing in, and waits for its code. */
export type WaitingWithdrawal = {
  number: string
  declaredAt: Date
  /** When it lapses unless the code comes in. */
  waitsUntil: Date
  /** What it gives back once proved, by what is on the card now. */
  total: Money
}

/** A live closure of a card, as far as it is needed to know whether it is one. */
export type LiveClosure = {
  number: string | null
  identity: string | null
  closure_state: string | null
  declared_at: Date | null
  money_rules: unknown
}

/** By the rules and the day that were pinned at its declaration, reckoned by the function that would settle it. */
export async function readWaitingWithdrawal(
  tx: Tx,
  card: { issuerId: string; cardId: string; unprovedDays: number },
  closure: LiveClosure,
): Promise<WaitingWithdrawal | null> {
  const { number, declared_at: declaredAt } = closure
  const rules = closure.money_rules as MoneyRules | null
  if (!isUnproved(closure) || !rules?.withdrawn || !number || !declaredAt) return null
  const { issuerId, cardId, unprovedDays } = card
  const facts = await readSettlementFacts(tx, { issuerId, cardIds: [cardId], rules, at: declaredAt })
  const { total, currency } = settlementOf(facts.get(cardId)!)
  const waitsUntil = new Date(declaredAt.getTime() + unprovedDays * 86_400_000)
  return { number, declaredAt, waitsUntil, total: { amount: total, currency } }
}

/** Where who declares anew would get less by it. */
export const morePaidByWaiting = (card: {
  waitingWithdrawal: WaitingWithdrawal | null
  settlement: Settlement
}): WaitingWithdrawal | undefined =>
  card.waitingWithdrawal && card.waitingWithdrawal.total.amount > card.settlement.total
    ? card.waitingWithdrawal
    : undefined

/** What nobody has proved yet stands in nobody's way but that of the next stranger. */
export const isUnproved = ({ identity, closure_state }: Pick<LiveClosure, 'identity' | 'closure_state'>) =>
  identity === 'not_signed_in' && closure_state === 'declared'
