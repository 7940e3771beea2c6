import type { Context } from '../platform/context.ts'
import { catchUp } from '../payment/catch-up.ts'
import { settleTransfer } from '../payout/transfers.ts'
import { newParts, writeParts } from '../payout/write-settlement.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
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
      .where('reason', 'not in', ['bank_details_needed', 'transfer_to_send', 'transfer_under_way'])
      .executeTakeFirst()
    if (cleared.numUpdatedRows === 0n) throw new Refusal('closure/nothing_blocked')
    await ctx.jobs.look(tx, 'closure', { issuerId: input.issuerId, id: input.closureId })
  })
}

/** Reasons for which staff pay by hand what does not go by itself. */
const payable_by_hand = [
  'bank_details_needed',
  'transfer_to_send',
  'transfer_under_way',
  'payout_refused',
  'payout_currency_differs',
  'payout_more_than_paid',
  'payout_charged_back',
  'refunded_by_hand',
]

/**
 * Staff transferred a card's money by bank: the bank's reference is the evidence. It serves the parts of the card that
 * wait for a transfer or that the payment provider refused for good; or else what its ended closure kept. Throws Refusal closure/nothing_blocked when no
 * part of it waits for that, closure/money_news when the payment provider knew of something that was not booked yet.
 */
export async function recordBankTransfer(
  ctx: Context,
  input: { issuerId: string; closureId: string; iccid: string; reference: string },
): Promise<void> {
  const { issuerId, closureId, reference } = input
  if (await catchUp(ctx, input)) throw new Refusal('closure/money_news')
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const cardId = await lockForStaff(tx, input)
    const cleared = await tx
      .updateTable('closure_block as b')
      .set({ cleared_at: ctx.clock.now() })
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('scope_id', 'in', (q) =>
        q
          .selectFrom('payout_part')
          .select('part_id')
          .where('issuer_id', '=', issuerId)
          .where('closure_id', '=', closureId)
          .where('card_id', '=', cardId)
          .where('state', 'in', ['waiting', 'sent']),
      )
      .where('reason', 'in', payable_by_hand)
      .where('cleared_at', 'is', null)
      .returning('scope_id')
      .execute()
    const paid =
      cleared.length > 0
        ? new Set(cleared.map((row) => row.scope_id))
        : await keptOf(tx, { issuerId, closureId, cardId, reference })
    if (paid.size === 0) throw new Refusal('closure/nothing_blocked')
    for (const partId of paid) await payByHand(ctx, tx, { issuerId, closureId, partId, reference })
    // The money is gone already: from here undo would pay twice, and so would a worker that has the closure in hand
    // as it was before; the new version stops it.
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

type OfCard = { issuerId: string; closureId: string; cardId: string; reference: string }

/**
 * What a closure that has ended keeps for its holder, who may have no other way to ask for it than to write to us; or
 * what is kept since no account was named in time, also while the closure is still on its way to its end.
 * Nothing where the reference is known: the same command again is no second transfer.
 */
async function keptOf(tx: Tx, { issuerId, closureId, cardId, reference }: OfCard): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('payout_part as p')
    .innerJoin('closure as o', (j) =>
      j.onRef('o.issuer_id', '=', 'p.issuer_id').onRef('o.closure_id', '=', 'p.closure_id'),
    )
    .select('p.part_id')
    .where('p.issuer_id', '=', issuerId)
    .where('p.closure_id', '=', closureId)
    .where('p.card_id', '=', cardId)
    .where('p.route', '=', 'kept')
    .where('p.state', '=', 'waiting')
    .where((e) => e.or([e('o.state', '=', 'closed'), e('p.claim_until', 'is not', null)]))
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('payout_part as q')
            .select('q.part_id')
            .where('q.issuer_id', '=', issuerId)
            .where('q.closure_id', '=', closureId)
            .where('q.reference', '=', reference),
        ),
      ),
    )
    .execute()
  return new Set(rows.map((row) => row.part_id))
}

/** The closure, locked, and the card in it. */
async function lockForStaff(
  tx: Tx,
  input: { issuerId: string; closureId: string; iccid: string },
): Promise<string> {
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
  return card.card_id
}

type ByHand = { issuerId: string; closureId: string; partId: string; reference: string }

/** A transfer is settled as it is; what was to go another way is given up for a transfer that is settled. */
async function payByHand(ctx: Context, tx: Tx, at: ByHand): Promise<void> {
  const { issuerId, closureId, reference } = at
  const part = await tx
    .selectFrom('payout_part')
    .selectAll()
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', at.partId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  const { amount_minor: amount, currency } = part
  let { part_id: partId } = part
  if (part.route !== 'bank_transfer') {
    partId = ctx.ids.next()
    await tx
      .updateTable('payout_part')
      .set({ state: 'refused', refusal: 'paid_by_hand' })
      .where('issuer_id', '=', issuerId)
      .where('part_id', '=', at.partId)
      .execute()
    const last = await tx
      .selectFrom('payout_part')
      .select((e) => e.fn.max('ord').as('ord'))
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('card_id', '=', part.card_id)
      .executeTakeFirstOrThrow()
    const planned = [{ route: 'bank_transfer' as const, paymentId: null, amount }]
    const place = { cardId: part.card_id!, currency, after: last.ord ?? 0, refOf: () => null }
    const [made] = newParts(ctx, place, planned)
    await writeParts(tx, { issuerId, closureId }, [{ ...made!, partId }])
  }
  await settleTransfer(ctx, tx, { issuerId, part: { partId, closureId, amount, currency }, reference })
}
