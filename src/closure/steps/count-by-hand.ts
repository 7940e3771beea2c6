import { meetByHand, openByHand } from '../../payout/count-by-hand.ts'
import { notePart } from '../../payout/parts.ts'
import { newParts, writeParts } from '../../payout/write-settlement.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { clearBlocks } from '../blocks.ts'
import type { Case, CasePart } from '../case.ts'
import { noReturn } from './no-return.ts'

/**
 * What staff gave back on the provider's own page since the declaration takes the place of this part, up to its sum; the
 * rest goes its way as a part of its own. What they gave before that may have been for something else: they say so.
 */
export async function countByHand(ctx: Context, tx: Tx, told: Case, { card, part }: CasePart) {
  if (part.state !== 'waiting') return undefined
  const { issuerId } = told.issuer
  const open = await openByHand(tx, { issuerId, cardId: card.cardId })
  if (open.length === 0) return undefined
  const byHand = open.find(({ state, made_at }) => state === 'counts' || made_at >= toSecond(told))
  if (!byHand || byHand.currency !== part.currency)
    return { block: { reason: 'refunded_by_hand', owner: 'staff' } as const }
  const code = 'refunded_by_hand'
  const amount = byHand.left_minor < part.amount ? byHand.left_minor : part.amount
  await notePart(tx, issuerId, part, { state: 'refused', refusal: code })
  const after = Math.max(...card.parts.map(({ ord }) => ord))
  const { closure_id: closureId } = told.closure
  const of = { closureId, cardId: card.cardId, ord: after + 1 }
  const partId = await meetByHand(ctx, tx, { issuerId, byHand, partId: part.partId, amount, of })
  const met = {
    route: 'original_payment',
    state: 'paid',
    reference: byHand.refund_ref,
    refusal: null,
  } as const
  const paid = { paymentId: byHand.payment_id, paymentRef: null, paidAt: byHand.made_at, amount }
  card.parts.push({ ...part, ...met, ...paid, partId, ord: after + 1 })
  if (part.amount > amount) {
    const planned = [{ route: part.route, paymentId: part.paymentId, amount: part.amount - amount }]
    const place = {
      cardId: card.cardId,
      currency: part.currency,
      after: after + 1,
      refOf: () => part.paymentRef,
    }
    const rest = newParts(ctx, place, planned)
    await writeParts(tx, { issuerId, closureId }, rest)
    card.parts.push(...rest)
  }
  await noReturn(ctx, tx, told)
  await clearBlocks(ctx, tx, told, part.partId)
  return {
    elsewhere: { code, reason: 'given back on the provider’s own page', reference: byHand.refund_ref },
  }
}

/** The declaration's second, for the provider counts in whole ones. */
const toSecond = ({ closure }: Case) => new Date(Math.floor(closure.declared_at.getTime() / 1_000) * 1_000)
