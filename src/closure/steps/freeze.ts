import type { LineDone } from '../../adapters/line/port.ts'
import { freezeBalance } from '../../ledger/accounts.ts'
import type { CaseCard } from '../case.ts'
import type { OutsideStep } from '../step.ts'
import { lineOf, type LineRequest } from './line-request.ts'

/** Our own books stop first, then the network: from the intent on, no usage is taken off the balance. */
export const freeze: OutsideStep<CaseCard, LineRequest, LineDone> = {
  kind: 'outside',
  name: 'freeze',
  async prepare(ctx, tx, told, card) {
    const { issuerId } = told.issuer
    await freezeBalance(ctx, tx, { issuerId, cardId: card.cardId })
    await tx
      .updateTable('card')
      .set({ state: 'frozen' })
      .where('issuer_id', '=', issuerId)
      .where('card_id', '=', card.cardId)
      .execute()
    return { ask: await lineOf(ctx, tx, told, card) }
  },
  call: (_ctx, providers, request, key) => providers.line.suspend({ ...request, key }),
  ask: (providers, _request, key) => providers.line.ask({ key, action: 'suspend' }),
  async done(_ctx, tx, told, card) {
    await tx
      .updateTable('card')
      .set({ line_state: 'suspended' })
      .where('issuer_id', '=', told.issuer.issuerId)
      .where('card_id', '=', card.cardId)
      .execute()
    return {}
  },
  refused: () => ({ block: { reason: 'line_refused', owner: 'staff' } }),
}
