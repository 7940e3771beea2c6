import { sql } from 'kysely'
import type { LineDone } from '../../adapters/line/port.ts'
import { freezeBalance } from '../../ledger/accounts.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import type { CaseCard } from '../case.ts'
import type { OutsideStep } from '../step.ts'
import { lineOf, type LineRequest } from './line-request.ts'

/** Our own books stop first, then the network: from the intent on, no usage is taken off the balance. */
export const freeze: OutsideStep<CaseCard, LineRequest, LineDone> = {
  kind: 'outside',
  name: 'freeze',
  async prepare(ctx, tx, told, card) {
    const { issuerId } = told.issuer
    if (await isComingBack(tx, issuerId, card.cardId)) return { wait: { until: soon(ctx) } }
    await freezeBalance(ctx, tx, { issuerId, cardId: card.cardId })
    await tx
      .updateTable('card')
      .set({ state: 'frozen' })
      .where('issuer_id', '=', issuerId)
      .where('card_id', '=', card.cardId)
      .execute()
    return { ask: await lineOf(ctx, tx, told, card) }
  },
  call: async (_ctx, providers, request, key) => (await providers.line()).suspend({ ...request, key }),
  ask: async (providers, _request, key) => (await providers.line()).ask({ key, action: 'suspend' }),
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

/**
 * True while an earlier, undone closure of this card has a line to switch on again: a resumption that arrives
 * after our suspension would bring the line back in the middle of closing. One that the network refused is not coming,
 * unless staff had it asked again before (resume-line.ts).
 */
async function isComingBack(tx: Tx, issuerId: string, cardId: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from closure_card k
      join closure o on o.issuer_id = k.issuer_id and o.closure_id = k.closure_id and o.state = 'undone'
     where k.issuer_id = ${issuerId} and k.card_id = ${cardId}
       and exists (select 1 from closure_step f where f.issuer_id = k.issuer_id and f.closure_id = k.closure_id
                    and f.scope_id = k.card_id and f.step = 'freeze')
       and coalesce((select r.state from closure_step r where r.issuer_id = k.issuer_id and r.closure_id = k.closure_id
                      and r.scope_id = k.card_id and r.step = 'resume_line' order by r.attempt desc limit 1), '')
           not in ('done', 'refused')
     limit 1`.execute(tx)
  return rows.length > 0
}

function soon(ctx: Context): Date {
  return new Date(ctx.clock.now().getTime() + 1_000)
}
