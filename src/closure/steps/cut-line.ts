import type { LineDone } from '../../adapters/line/port.ts'
import type { CaseCard } from '../case.ts'
import type { OutsideStep } from '../step.ts'
import { lineOf, type LineRequest } from './line-request.ts'
import { noReturn } from './no-return.ts'

/** The number is given back for good: the network's own word that the line is off. */
export const cutLine: OutsideStep<CaseCard, LineRequest, LineDone> = {
  kind: 'outside',
  name: 'cut_line',
  async prepare(ctx, tx, told, card) {
    await noReturn(ctx, tx, told)
    return { ask: await lineOf(ctx, tx, told, card) }
  },
  call: async (_ctx, providers, request, key) => (await providers.line()).terminate({ ...request, key }),
  ask: async (providers, _request, key) => (await providers.line()).ask({ key, action: 'terminate' }),
  async done(_ctx, tx, told, card) {
    await tx
      .updateTable('card')
      .set({ line_state: 'expired' })
      .where('issuer_id', '=', told.issuer.issuerId)
      .where('card_id', '=', card.cardId)
      .execute()
    return {}
  },
  refused: () => ({ block: { reason: 'line_refused', owner: 'staff' } }),
}
