import type { LineDone } from '../../adapters/line/port.ts'
import type { CaseCard } from '../case.ts'
import { lastAttempt } from '../journal.ts'
import type { OutsideStep } from '../step.ts'
import { lineOf, type LineRequest } from './line-request.ts'

type Resume = { line: LineRequest; suspension: string }

/** After an undo. A suspension still on its way is waited for first, or it would arrive after the resumption. */
export const resumeLine: OutsideStep<CaseCard, Resume, LineDone> = {
  kind: 'outside',
  name: 'resume_line',
  async prepare(ctx, tx, told, card) {
    const frozen = lastAttempt(told.journal, 'freeze', card.cardId)
    if (!frozen) return { skip: { reason: 'the line was never suspended' } }
    return { ask: { line: await lineOf(ctx, tx, told, card), suspension: frozen.key } }
  },
  async call(_ctx, { line }, request, key) {
    const suspension = await line.ask({ key: request.suspension, action: 'suspend' })
    if (suspension.kind === 'pending') return { kind: 'unknown', reason: 'the suspension is still under way' }
    if (suspension.kind === 'unknown' && suspension.reason !== 'no_order_with_this_key') return suspension
    return line.resume({ ...request.line, key })
  },
  ask: ({ line }, _request, key) => line.ask({ key, action: 'resume' }),
  async done(_ctx, tx, told, card) {
    await tx
      .updateTable('card')
      .set({ line_state: 'active' })
      .where('issuer_id', '=', told.issuer.issuerId)
      .where('card_id', '=', card.cardId)
      .execute()
    return {}
  },
  refused: () => ({ block: { reason: 'line_refused', owner: 'staff' } }),
}
