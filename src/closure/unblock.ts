import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'

/**
 * What staff do when a closure waits for them. Both queue a look; the story goes on from where it stands.
 */

/** What was refused is asked once more, under a new key. Throws Refusal closure/nothing_blocked. */
export async function retryBlocked(
  ctx: Context,
  input: { issuerId: string; closureId: string },
): Promise<void> {
  await inIssuer(ctx.db, input.issuerId, async (tx) => {
    const cleared = await tx
      .updateTable('closure_block')
      .set({ cleared_at: ctx.clock.now() })
      .where('issuer_id', '=', input.issuerId)
      .where('closure_id', '=', input.closureId)
      .where('cleared_at', 'is', null)
      .where('reason', '<>', 'bank_details_needed')
      .executeTakeFirst()
    if (cleared.numUpdatedRows === 0n) throw new Refusal('closure/nothing_blocked')
    await ctx.jobs.look(tx, 'closure', { issuerId: input.issuerId, id: input.closureId })
  })
}

/**
 * Staff transferred a card's money by bank: the bank's reference is the evidence. It also serves a payout that
 * the payment provider refused for good. Throws Refusal closure/nothing_blocked when no card of the closure
 * waits for a transfer, or it has one already.
 */
export async function recordBankTransfer(
  ctx: Context,
  input: { issuerId: string; closureId: string; iccid: string; reference: string },
): Promise<void> {
  await inIssuer(ctx.db, input.issuerId, async (tx) => {
    const closure = await tx
      .selectFrom('closure')
      .select('state')
      .where('issuer_id', '=', input.issuerId)
      .where('closure_id', '=', input.closureId)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!closure) throw new Refusal('closure/no_such_closure')
    if (closure.state === 'undone') throw new Refusal('closure/already_undone')
    const card = await tx
      .selectFrom('card')
      .select('card_id')
      .where('issuer_id', '=', input.issuerId)
      .where('iccid', '=', input.iccid)
      .executeTakeFirst()
    if (!card) throw new Refusal('closure/no_such_card')
    const block = await tx
      .updateTable('closure_block')
      .set({ cleared_at: ctx.clock.now() })
      .where('issuer_id', '=', input.issuerId)
      .where('closure_id', '=', input.closureId)
      .where('scope_id', '=', card.card_id)
      .where('reason', 'in', [
        'bank_details_needed',
        'payout_refused',
        'payout_currency_differs',
        'payout_more_than_paid',
        'payout_charged_back',
      ])
      .where('cleared_at', 'is', null)
      .executeTakeFirst()
    if (block.numUpdatedRows === 0n) throw new Refusal('closure/nothing_blocked')
    await tx
      .updateTable('closure_card')
      .set({ payout_route: 'bank_transfer', bank_reference: input.reference })
      .where('issuer_id', '=', input.issuerId)
      .where('closure_id', '=', input.closureId)
      .where('card_id', '=', card.card_id)
      .where('bank_reference', 'is', null)
      .execute()
    // The money is gone already: from here undo would pay twice, and so would a worker that has the closure in hand
    // as it was before; the new version stops it.
    await tx
      .updateTable('closure')
      .set((e) => ({
        no_return_at: e.fn.coalesce('no_return_at', e.val(ctx.clock.now())),
        version: e('version', '+', 1n),
      }))
      .where('issuer_id', '=', input.issuerId)
      .where('closure_id', '=', input.closureId)
      .execute()
    await ctx.jobs.look(tx, 'closure', { issuerId: input.issuerId, id: input.closureId })
  })
}
