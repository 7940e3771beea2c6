import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'

/**
 * Staff's answer to a payout that the payer's bank had claimed back before: the holder has that money, and the house
 * bears it no longer as a loss (refunds_payable → chargebacks). Throws Refusal closure/no_such_closure,
 * closure/already_undone, closure/nothing_blocked.
 */
export async function countAsChargedBack(
  ctx: Context,
  input: { issuerId: string; closureId: string; iccid: string },
): Promise<void> {
  const { issuerId, closureId } = input
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const closure = await tx
      .selectFrom('closure')
      .select('state')
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!closure) throw new Refusal('closure/no_such_closure')
    if (closure.state === 'undone') throw new Refusal('closure/already_undone')
    const parts = await chargedBack(tx, input)
    if (parts.length === 0) throw new Refusal('closure/nothing_blocked')
    for (const part of parts) await bookPart(ctx, tx, issuerId, part)
    await tx
      .updateTable('closure_block')
      .set({ cleared_at: ctx.clock.now() })
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where(
        'scope_id',
        'in',
        parts.map((part) => part.part_id),
      )
      .where('cleared_at', 'is', null)
      .execute()
    await tx
      .updateTable('closure')
      .set((e) => ({ version: e('version', '+', 1n) }))
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .execute()
    await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
  })
}

type Part = { part_id: string; amount_minor: bigint; currency: string }

function chargedBack(tx: Tx, input: { issuerId: string; closureId: string; iccid: string }): Promise<Part[]> {
  return tx
    .selectFrom('payout_part as p')
    .innerJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'p.issuer_id').onRef('c.card_id', '=', 'p.card_id'),
    )
    .innerJoin('closure_block as b', (j) =>
      j
        .onRef('b.issuer_id', '=', 'p.issuer_id')
        .onRef('b.closure_id', '=', 'p.closure_id')
        .onRef('b.scope_id', '=', 'p.part_id')
        .on('b.reason', '=', 'payout_charged_back')
        .on('b.cleared_at', 'is', null),
    )
    .select(['p.part_id', 'p.amount_minor', 'p.currency'])
    .where('p.issuer_id', '=', input.issuerId)
    .where('p.closure_id', '=', input.closureId)
    .where('c.iccid', '=', input.iccid)
    .where('p.state', '=', 'waiting')
    .execute()
}

async function bookPart(ctx: Context, tx: Tx, issuerId: string, part: Part): Promise<void> {
  const { part_id: partId, amount_minor: amount, currency } = part
  const kinds = ['refunds_payable', 'chargebacks'] as const
  const house = await houseAccounts(ctx, tx, { issuerId, kinds: [...kinds], currency })
  await post(ctx, tx, {
    issuerId,
    key: `payout:${partId}`,
    reason: 'chargeback',
    entries: [
      { accountId: house.refunds_payable!, amount: -amount },
      { accountId: house.chargebacks!, amount },
    ],
  })
  await tx
    .updateTable('payout_part')
    .set({ state: 'paid', reference: 'chargeback', paid_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', partId)
    .execute()
}
