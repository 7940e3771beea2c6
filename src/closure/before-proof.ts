import type { ClosureView } from './closure-view.ts'
import type { DocumentKind } from './documents.ts'

/**
 * What may be seen with what the receipt of a declaration gave out (the browser's cookie, the API's access token).
 * Declared while signed in: everything. Declared without signing in it may be anybody's who once saw the card, so
 * until the code has come back the same way it shows the number that was typed in and how the closure stands,
 * and once the holder has proved it elsewhere, nothing: undefined.
 */
export function asDeclarerSees(view: ClosureView): ClosureView | undefined {
  if (!mayDeclarerSee(view)) return undefined
  return view.identity === 'not_signed_in' && view.provedBy !== 'declarer' ? withoutHolder(view) : view
}

/** Whether there is anything left for the declarer to see; its documents say no more than was typed in. */
export function mayDeclarerSee(view: Pick<ClosureView, 'identity' | 'provedBy' | 'identifiedAt'>): boolean {
  return view.identity !== 'not_signed_in' || view.provedBy === 'declarer' || !view.identifiedAt
}

/** What anybody may see who has the QR code on a document: no more than the document itself says. */
export function asPaperSays(view: ClosureView, kind: DocumentKind): ClosureView {
  return view.identity === 'not_signed_in' && kind === 'slip' ? withoutHolder(view) : view
}

function withoutHolder(view: ClosureView): ClosureView {
  const cards = view.cards.map((card) => ({
    ...card,
    plan: null,
    zone: null,
    expiresAt: null,
    balance: null,
    payout: null,
    lines: [],
    parts: [],
    takenBack: [],
    isOwedInDoubt: false,
  }))
  return { ...view, accountRef: null, paysAsWithdrawal: false, accountWantedUntil: null, cards }
}
