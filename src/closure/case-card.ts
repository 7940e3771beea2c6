import type { Tx } from '../platform/db.ts'
import type { Case, CaseCard } from './case.ts'

type Facts = Partial<Pick<CaseCard, 'settledMinor' | 'payoutMinor' | 'payoutRoute' | 'bankReference'>>

/** Puts down what the closure found out about a card's money, in the row and in the case. */
export async function noteCard(tx: Tx, told: Case, card: CaseCard, facts: Facts): Promise<void> {
  await tx
    .updateTable('closure_card')
    .set({
      ...(facts.settledMinor !== undefined && { settled_minor: facts.settledMinor }),
      ...(facts.payoutMinor !== undefined && { payout_minor: facts.payoutMinor }),
      ...(facts.payoutRoute !== undefined && { payout_route: facts.payoutRoute }),
    })
    .where('issuer_id', '=', told.closure.issuer_id)
    .where('closure_id', '=', told.closure.closure_id)
    .where('card_id', '=', card.cardId)
    .execute()
  Object.assign(card, facts)
}
