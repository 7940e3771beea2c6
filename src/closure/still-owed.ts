import type { MoneyJson } from '../ledger/money.ts'
import type { DocumentKind } from './documents.ts'
import type { CardInClosure, ClosureView, PartView } from './closure-view.ts'
import { isOwedByTransfer, isRefundUnderWay } from './owed-parts.ts'
import { isUnclaimed } from './unclaimed-words.ts'

/**
 * How a sum stands that is still owed: `kept` for want of an account or as `too_little`, until it is claimed; to be
 * transferred, and `wants_account` or `to_send` with the next file; `with_bank` in one; `refunding` at the payment
 * provider; `in_doubt` where the payer's bank took back since what the card was paid with.
 */
export const standings = [
  'kept',
  'too_little',
  'wants_account',
  'to_send',
  'with_bank',
  'refunding',
  'in_doubt',
] as const
export type Standing = (typeof standings)[number]

/**
 * `amount` is null in doubt: nobody shall be paid by it; and on a slip's page, which whoever finds the slip can open.
 * `isClaimed`: its holder has asked for it.
 */
export type StillOwed = {
  amount: MoneyJson | null
  standing: Standing
  claimUntil: string | null
  isClaimed: boolean
}

/**
 * What is not paid of a closure that has ended, or of a card of which money was kept for want of an account: all that
 * took the place of what was kept as well, until it has arrived. A paper that was paid out shows nothing here.
 */
export function stillOwed(view: ClosureView, kind: DocumentKind): StillOwed[] {
  const cards = view.cards.filter(({ parts }) => view.state === 'closed' || parts.some(isUnclaimed))
  const owed = cards.flatMap((card) => ofCard(view, card))
  return kind === 'slip' ? owed.map((one) => ({ ...one, amount: null })) : owed
}

function ofCard(view: ClosureView, card: CardInClosure): StillOwed[] {
  const { parts } = card
  const open = parts.filter(
    (part) => isOwedByTransfer(view.state, part) || (view.state !== 'undone' && isRefundUnderWay(part)),
  )
  if (open.length > 0 && card.isOwedInDoubt)
    return [{ amount: null, standing: 'in_doubt', claimUntil: null, isClaimed: false }]
  const isClaimed = parts.some(({ refusal }) => refusal === 'claimed')
  return open.map((part) => ({
    amount: part.amount,
    standing: standingOf(view, part),
    claimUntil: part.claimUntil,
    isClaimed: isClaimed && part.route !== 'kept',
  }))
}

function standingOf(view: ClosureView, part: PartView): Standing {
  if (part.route === 'kept') return isUnclaimed(part) ? 'kept' : 'too_little'
  if (part.route === 'original_payment') return 'refunding'
  if (part.state === 'sent') return 'with_bank'
  return view.bankAccountGiven ? 'to_send' : 'wants_account'
}
