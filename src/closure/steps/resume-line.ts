import type { LineDone } from '../../adapters/line/port.ts'
import type { Tx } from '../../platform/db.ts'
import type { Case, CaseCard } from '../case.ts'
import { lastAttempt } from '../journal.ts'
import type { OutsideStep } from '../step.ts'
import { lineOf, type LineRequest } from './line-request.ts'

const look_again_minutes = 15

type Resume = { line: LineRequest; suspension: string }

/** After an undo. A suspension still on its way is waited for first, or it would arrive after the resumption. */
export const resumeLine: OutsideStep<CaseCard, Resume, LineDone> = {
  kind: 'outside',
  name: 'resume_line',
  async prepare(ctx, tx, told, card) {
    const frozen = lastAttempt(told.journal, 'freeze', card.cardId)
    if (!frozen) return { skip: { reason: 'the line was never suspended' } }
    const closing = await closedAnew(tx, told, card)
    if (closing === 'closed') return { skip: { reason: 'the card was closed since' } }
    // A closing waits for a resumption that is on its way (freeze.ts), but not for one that was refused: that one waits
    // for the closing. Undone in its turn, the closing would not switch on what it had found off.
    const wasRefused = lastAttempt(told.journal, 'resume_line', card.cardId)?.state === 'refused'
    if (closing === 'under_way' && wasRefused)
      return { wait: { until: new Date(ctx.clock.now().getTime() + look_again_minutes * 60_000) } }
    return { ask: { line: await lineOf(ctx, tx, told, card), suspension: frozen.key } }
  },
  async call(_ctx, providers, request, key) {
    const line = await providers.line()
    const suspension = await line.ask({ key: request.suspension, action: 'suspend' })
    if (suspension.kind === 'pending') return { kind: 'unknown', reason: 'the suspension is still under way' }
    if (suspension.kind === 'unknown' && suspension.reason !== 'no_order_with_this_key') return suspension
    return line.resume({ ...request.line, key })
  },
  ask: async (providers, _request, key) => (await providers.line()).ask({ key, action: 'resume' }),
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

/** Another closing of the card since this one was undone: a line must not come on in the midst of it, or after it. */
async function closedAnew(
  tx: Tx,
  told: Case,
  { cardId }: CaseCard,
): Promise<'closed' | 'under_way' | undefined> {
  const row = await tx
    .selectFrom('closure_card as k')
    .innerJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'k.issuer_id').onRef('c.card_id', '=', 'k.card_id'),
    )
    .select('c.state')
    .where('k.issuer_id', '=', told.issuer.issuerId)
    .where('k.card_id', '=', cardId)
    .where('k.live', '=', true)
    .executeTakeFirst()
  return row && (row.state === 'closed' ? 'closed' : 'under_way')
}
