import { closeEmptyBalance, houseAccount, lockCardBalance } from '../../ledger/accounts.ts'
import { post } from '../../ledger/post.ts'
import type { CaseCard } from '../case.ts'
import { noteCard } from '../case-card.ts'
import { payoutRoute } from '../payout-route.ts'
import type { LocalStep } from '../step.ts'

/**
 * Takes the whole balance, whatever it is by now, over to what the house owes, and ends the card's account in the
 * same posting. Money that came in after the freeze is in it; money that comes later is refused by the ledger.
 */
export const settle: LocalStep<CaseCard> = {
  kind: 'local',
  name: 'settle',
  async apply(ctx, tx, told, card) {
    const { issuerId } = told.issuer
    const balance = await lockCardBalance(tx, { issuerId, cardId: card.cardId })
    const { amount, currency, accountId } = balance
    if (amount === 0n) {
      await closeEmptyBalance(ctx, tx, { issuerId, cardId: card.cardId })
    } else {
      const owed = await houseAccount(ctx, tx, { issuerId, kind: 'refunds_payable', currency })
      await post(ctx, tx, {
        issuerId,
        key: `${told.closure.closure_id}:settle:${card.cardId}`,
        reason: 'closure_settlement',
        entries: [
          { accountId, amount: -amount },
          { accountId: owed, amount },
        ],
        close: [accountId],
      })
    }
    const route = payoutRoute({ ...card, amount })
    await noteCard(tx, told, card, { settledMinor: amount, payoutMinor: amount, payoutRoute: route })
    return { done: { amount: amount.toString(), currency, route } }
  },
}
