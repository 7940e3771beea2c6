import type { ClosureView } from './closure-view.ts'
import { factOf, type Journal, lastAttempt, proofOf } from './journal.ts'

type Line = NonNullable<ClosureView['lineAfterUndo']>

// From what is left to do to what needs no word.
const first_told: Line[] = ['refused', 'switching_on', 'on', 'never_off']

/**
 * How the lines of an undone closure are, all of them in one word: the one that is furthest from working. Null where no
 * card is left of which that can be said: there was none, or each is closed by now.
 */
export function lineAfterUndo(cards: { cardId: string }[], journal: Journal): Line | null {
  const lines = new Set(cards.map(({ cardId }) => lineOf(journal, cardId)))
  return first_told.find((line) => lines.has(line)) ?? null
}

function lineOf(journal: Journal, cardId: string): Line | null {
  if (!lastAttempt(journal, 'freeze', cardId)) return 'never_off'
  const resumed = proofOf(journal, 'resume_line', cardId)
  // Passed over, since the card was closed anew (steps/resume-line.ts).
  if (resumed) return factOf(resumed, 'reason') ? null : 'on'
  return lastAttempt(journal, 'resume_line', cardId)?.state === 'refused' ? 'refused' : 'switching_on'
}
