import type { BlockReason } from './closure-view.ts'

/** Why a closure does not go on, and what staff can do about it (docs/operate/trouble.md); a number stands in for N. */
export const blockWords: Record<BlockReason, string> = {
  line_refused: 'the network refused the order: mend it there, then leb retry N',
  payout_refused: 'the payment provider refused the refund: mend it, then leb retry N; or leb paid N',
  payout_currency_differs:
    'it was paid in another currency than the card’s: transfer it by bank, then leb paid N',
  payout_more_than_paid: 'more is owed than the payment came to: transfer it by bank, then leb paid N',
  payout_charged_back: 'the payer’s bank took the payment back: leb payout charged-back N, or leb paid N',
  refunded_by_hand: 'a refund was made on the provider’s page before: leb payments by-hand',
  bank_details_needed: 'the money waits for an account',
  transfer_to_send: 'its transfer waits for the next file for the bank: leb payout file',
  transfer_under_way:
    'its transfer is with the bank: import the statement (leb bank import), or leb paid N --in-file',
  esim_refused: 'the SM-DP+ refused to retire the profile: mend it there, then leb retry N',
  provider_silent: 'a provider has not answered for 15 minutes; LEB keeps asking',
  fault_of_ours: 'looks at it fail on our side: the log of leb work says why',
}

/** How far a holder was asked; `last`: what became of the last reminder, null before it. */
export type AskedSoFar = { at: Date | null; last: 'out' | 'waiting' | 'lost' | null }

/** Whose money waits for an account: its holder, asked and perhaps reminded, or staff where the person is erased. */
export function accountWords(owner: 'holder' | 'staff' | 'provider', asked: AskedSoFar): string {
  if (owner === 'staff')
    return 'the holder is erased, so that no account can be kept: transfer it by bank, then leb paid N'
  const day = asked.at ? ` on ${asked.at.toISOString().slice(0, 10)}` : ''
  switch (asked.last) {
    case null:
      return `asked for an account by mail${day}`
    case 'out':
      return `asked for an account${day} and reminded twice in vain: write to them, or leb paid N`
    case 'waiting':
      return `asked for an account${day}; no mail server has taken the last reminder so far: reach them another way, or leb paid N`
    case 'lost':
      return `asked for an account${day}; the last reminder can’t be delivered: reach them another way, or leb paid N`
  }
}
