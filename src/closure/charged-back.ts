import { sql } from 'kysely'
import { houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import { catchUp } from '../payment/catch-up.ts'
import { newParts, writeParts } from '../payout/write-settlement.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { countSince } from '../payout/charged-back-since.ts'

/**
 * Staff's answer to a payout that the payer's bank had claimed back before: the holder has that money, and the house
 * bears it no longer as a loss (refunds_payable → chargebacks). What the bank left of a part goes by transfer, or stays
 * kept. An undo would give the money a second time, so it is past that. Throws Refusal closure/no_such_closure,
 * closure/already_undone, closure/nothing_blocked, closure/not_charged_back.
 */
export async function countAsChargedBack(
  ctx: Context,
  input: { issuerId: string; closureId: string; iccid: string },
): Promise<void> {
  const { issuerId, closureId } = input
  await catchUp(ctx, input)
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
    if (parts.length === 0) await countOwed(ctx, tx, input)
    // Won, or never taken: what the bank has not got is owed, and asking again pays it.
    if (parts.some((part) => part.left >= part.amount_minor)) throw new Refusal('closure/not_charged_back')
    for (const part of parts) await bookPart(ctx, tx, input, part)
    await clearDone(ctx, tx, { issuerId, closureId })
    await tx
      .updateTable('closure')
      .set((e) => ({
        no_return_at: e.fn.coalesce('no_return_at', e.val(ctx.clock.now())),
        version: e('version', '+', 1n),
      }))
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .execute()
    await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
  })
}

/** What is owed by transfer or kept, where the bank took the payment back after it was settled. */
async function countOwed(
  ctx: Context,
  tx: Tx,
  { issuerId, closureId, iccid }: { issuerId: string; closureId: string; iccid: string },
): Promise<void> {
  const card = await tx
    .selectFrom('closure_card as k')
    .innerJoin('card as c', (j) =>
      j.onRef('c.issuer_id', '=', 'k.issuer_id').onRef('c.card_id', '=', 'k.card_id'),
    )
    .innerJoin('payout_part as p', (j) =>
      j
        .onRef('p.issuer_id', '=', 'k.issuer_id')
        .onRef('p.closure_id', '=', 'k.closure_id')
        .onRef('p.card_id', '=', 'k.card_id')
        .on('p.route', 'in', ['kept', 'bank_transfer'])
        .on('p.state', '=', 'waiting'),
    )
    .select('k.card_id')
    .where('k.issuer_id', '=', issuerId)
    .where('k.closure_id', '=', closureId)
    .where('c.iccid', '=', iccid)
    .executeTakeFirst()
  if (!card) throw new Refusal('closure/nothing_blocked')
  if (!(await countSince(ctx, tx, { issuerId, closureId, cardId: card.card_id })))
    throw new Refusal('closure/not_charged_back')
}

/** Nobody waits for a part that is paid or given up. */
async function clearDone(
  ctx: Context,
  tx: Tx,
  { issuerId, closureId }: { issuerId: string; closureId: string },
): Promise<void> {
  await sql`
    update closure_block b set cleared_at = ${ctx.clock.now()}
      from payout_part p
     where b.issuer_id = ${issuerId} and b.closure_id = ${closureId} and b.cleared_at is null
       and p.issuer_id = b.issuer_id and p.part_id = b.scope_id and p.state in ('paid', 'refused')`.execute(
    tx,
  )
}

type Part = { part_id: string; card_id: string | null; amount_minor: bigint; currency: string; left: bigint }

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
    .innerJoin('payment as y', (j) =>
      j.onRef('y.issuer_id', '=', 'p.issuer_id').onRef('y.payment_id', '=', 'p.payment_id'),
    )
    .select(['p.part_id', 'p.card_id', 'p.amount_minor', 'p.currency'])
    .select(
      sql<bigint>`greatest(0, y.amount_minor - y.charged_back_minor - coalesce(
        (select sum(x.amount_minor) from payout_part x where x.issuer_id = p.issuer_id
          and x.payment_id = p.payment_id and x.state <> 'refused' and x.part_id <> p.part_id), 0))::bigint`.as(
        'left',
      ),
    )
    .where('p.issuer_id', '=', input.issuerId)
    .where('p.closure_id', '=', input.closureId)
    .where('c.iccid', '=', input.iccid)
    .where('p.state', '=', 'waiting')
    .execute()
}

async function bookPart(
  ctx: Context,
  tx: Tx,
  { issuerId, closureId }: { issuerId: string; closureId: string },
  part: Part,
): Promise<void> {
  const { part_id: partId, currency } = part
  const rest = part.left
  const amount = part.amount_minor - rest
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
    .set({ amount_minor: amount, state: 'paid', reference: 'chargeback', paid_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', partId)
    .execute()
  if (rest === 0n) return
  const { ord } = await tx
    .selectFrom('payout_part')
    .select((e) => e.fn.max('ord').as('ord'))
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where('card_id', '=', part.card_id)
    .executeTakeFirstOrThrow()
  const place = { cardId: part.card_id!, currency, after: ord ?? 0, refOf: () => null }
  const planned = [{ route: 'bank_transfer' as const, paymentId: null, amount: rest }]
  await writeParts(tx, { issuerId, closureId }, newParts(ctx, place, planned))
}
