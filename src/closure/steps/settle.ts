import { lockCardBalance } from '../../ledger/accounts.ts'
import { readSettlementFacts } from '../../payout/read-settlement-facts.ts'
import { settlementOf } from '../../payout/settlement.ts'
import {
  keptSettlement,
  netOfOrders,
  newParts,
  noteBorne,
  noteEarned,
  postSettlement,
  writeSettled,
} from '../../payout/write-settlement.ts'
import { assert } from '../../platform/errors.ts'
import type { CaseCard } from '../case.ts'
import { rulesOfMoney } from '../money-told.ts'
import type { LocalStep } from '../step.ts'

/**
 * Takes the whole balance, whatever it is by now, and what of the plan is not used over to what the house owes, ends
 * the card's account in the same posting, and writes how it goes back. Money that came in after the freeze is in it;
 * money that comes later is refused by the ledger. Days are counted at the declaration: waiting costs the holder none.
 */
export const settle: LocalStep<CaseCard> = {
  kind: 'local',
  name: 'settle',
  async apply(ctx, tx, told, card) {
    const { issuerId } = told.issuer
    const { cardId } = card
    const closureId = told.closure.closure_id
    const { accountId } = await lockCardBalance(tx, { issuerId, cardId })
    const read = await readSettlementFacts(tx, {
      issuerId,
      cardIds: [cardId],
      rules: rulesOfMoney(told),
      at: told.closure.declared_at,
      voucher: told.closure.payout_choice === 'voucher',
    })
    const facts = read.get(cardId)
    assert(facts, 'a card in a closure can be settled')
    const settlement = settlementOf(facts)
    await postSettlement(ctx, tx, { issuerId, closureId, cardId, accountId }, settlement)
    await noteEarned(tx, issuerId, netOfOrders(settlement))
    await noteBorne(tx, { issuerId, cardId }, settlement)
    const refs = new Map(facts.payments.map((payment) => [payment.paymentId, payment.ref]))
    const at = { cardId, currency: card.currency, after: 0, refOf: (id: string) => refs.get(id) ?? null }
    const parts = newParts(ctx, at, settlement.parts)
    await writeSettled(tx, { issuerId, closureId, cardId }, settlement, parts)
    card.settledMinor = settlement.total
    card.settlement = keptSettlement(settlement)
    card.parts = parts
    return {
      done: {
        amount: settlement.total.toString(),
        currency: settlement.currency,
        routes: parts.map(({ route }) => route).join(' '),
      },
    }
  },
}
