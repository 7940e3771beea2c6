import { liveParts, type PayoutPart } from '../payout/parts.ts'
import type { ClosureRow } from './case.ts'
import { type BlockReason, type StepName, stepNames, type StepView } from './closure-view.ts'
import { type Journal, type JournalRow, proofOf } from './journal.ts'

/** A block that is open; `scopeId` is the card, its part of a payout, or the closure. */
export type BlockRow = {
  reason: BlockReason
  owner: 'holder' | 'staff' | 'provider'
  scopeId: string
  since: Date
}
/** As much of a card as its steps are told by. */
export type StepCard = { cardId: string; parts: Pick<PayoutPart, 'partId' | 'state'>[] }

const perCard: ReadonlySet<StepName> = new Set([
  'freeze',
  'drain_usage',
  'settle',
  'pay_out',
  'cut_line',
  'retire_esim',
])
const accountOnly: ReadonlySet<StepName> = new Set(['keep_books', 'erase_person'])
const stepOfReason: Record<BlockReason, StepName | null> = {
  line_refused: null,
  payout_refused: 'pay_out',
  payout_currency_differs: 'pay_out',
  payout_more_than_paid: 'pay_out',
  payout_charged_back: 'pay_out',
  refunded_by_hand: 'pay_out',
  bank_details_needed: 'pay_out',
  transfer_to_send: 'pay_out',
  transfer_under_way: 'pay_out',
  esim_refused: 'retire_esim',
  provider_silent: null,
  fault_of_ours: null,
}

/** The timeline: steps in the order of the story, done only when every card is through. */
export function stepViews(
  closure: Pick<ClosureRow, 'closure_id' | 'state' | 'covers' | 'identified_at'>,
  cards: StepCard[],
  journal: Journal,
  blocks: BlockRow[],
): StepView[] {
  // Of an account without a card left no balance is frozen and no money sent.
  const told = (step: StepName) =>
    perCard.has(step) ? cards.length > 0 : closure.covers === 'account' || !accountOnly.has(step)
  const names = stepNames.filter(told)
  let reached = closure.state !== 'undone'
  return names.map((step) => {
    const scopes = perCard.has(step) ? cards.map((card) => scopesOf(step, card)) : [[closure.closure_id]]
    const rows = scopes.map((some) => proofsOf(journal, step, some))
    // Proved with the code itself: nobody may be told to enter it until a worker has written that down.
    const provedAt = step === 'identify' ? closure.identified_at : null
    const done = provedAt !== null || rows.every((row) => row !== undefined)
    const current = !done && reached
    if (current) reached = false
    const block = current ? (blocks.find((b) => (stepOfReason[b.reason] ?? step) === step) ?? null) : null
    return {
      step,
      state: done ? 'done' : block ? 'blocked' : current ? 'current' : 'waiting',
      at: done ? (latest(rows) ?? provedAt) : null,
      cardsDone: rows.filter(Boolean).length,
      block: block && { reason: block.reason, owner: block.owner, since: block.since },
    }
  })
}

/** What of a card a step is told for: of a payout its parts, of which there are none before it is settled. */
const scopesOf = (step: StepName, card: StepCard) =>
  step === 'pay_out' ? liveParts(card.parts).map((part) => part.partId) : [card.cardId]

/** The last of a card's proofs, when every one of them is there. */
function proofsOf(journal: Journal, step: StepName, scopes: string[]): JournalRow | undefined {
  const rows = scopes.map((scope) => proofOf(journal, step, scope))
  if (rows.length === 0 || rows.some((row) => row === undefined)) return undefined
  return rows.reduce((a, b) => (a!.answeredAt! > b!.answeredAt! ? a : b))
}

function latest(rows: (JournalRow | undefined)[]): Date | null {
  const times = rows.flatMap((row) => (row?.answeredAt ? [row.answeredAt.getTime()] : []))
  return times.length > 0 ? new Date(Math.max(...times)) : null
}

/** What was declared signed in is the holder's also while its code is not entered; a stranger's word is not, until it is proved. */
export const isHolders = (closure: Pick<ClosureRow, 'identified_at' | 'identity'>): boolean =>
  closure.identified_at !== null || closure.identity === 'signed_in'
