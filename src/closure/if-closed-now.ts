import type { Card } from '../card/card-store.ts'
import type { Context } from '../platform/context.ts'
import { isInTime } from '../policy/withdrawal.ts'
import { type CardPreview, previewClosure, type ClosurePreview, type PreviewInput } from './preview.ts'

/** What ending the contract for a card now would pay, and the minimum that is sent by itself. */
export type Paid = Pick<CardPreview, 'settlement' | 'arrivesBy'> & Pick<ClosurePreview, 'minimumPayout'>

/**
 * What closing a card now would pay, and until when it can be withdrawn from. `withdrawn` is what withdrawing would pay,
 * where it can be done now and pays more.
 */
export type IfClosedNow = Paid &
  Pick<CardPreview, 'withdrawableUntil'> &
  Pick<ClosurePreview, 'jurisdiction'> & { withdrawn: Paid | undefined }

type OwnCard = Pick<Card, 'cardId' | 'accountId' | 'state'>

/** For each of these cards that is open, by card id: reckoned by the function that would settle it. */
export async function ifClosedNow(
  ctx: Context,
  issuerId: string,
  cards: OwnCard[],
): Promise<Map<string, IfClosedNow>> {
  const open = cards.filter((card) => card.state === 'open')
  const now = new Map<string, IfClosedNow>()
  for (const accountId of new Set(open.map((card) => card.accountId))) {
    const cardIds = open.filter((card) => card.accountId === accountId).map((card) => card.cardId)
    const closing = await previewClosure(ctx, { issuerId, accountId, cardIds, act: 'terminate' })
    const { jurisdiction } = closing
    const withdrawing = await paidByWithdrawing(ctx, { issuerId, accountId }, closing)
    for (const card of closing.cards) {
      const paid = paidOf(closing, card)
      const instead = withdrawing.get(card.cardId)
      const withdrawn = instead && instead.settlement.total > paid.settlement.total ? instead : undefined
      now.set(card.cardId, { ...paid, withdrawableUntil: card.withdrawableUntil, jurisdiction, withdrawn })
    }
  }
  return now
}

const paidOf = ({ minimumPayout }: ClosurePreview, { settlement, arrivesBy }: CardPreview): Paid => ({
  settlement,
  arrivesBy,
  minimumPayout,
})

/** Of the cards that can be withdrawn from now, by card id. */
async function paidByWithdrawing(
  ctx: Context,
  of: Pick<PreviewInput, 'issuerId' | 'accountId'>,
  closing: ClosurePreview,
): Promise<Map<string, Paid>> {
  const cardIds = closing.cards
    .filter(({ existing, withdrawableUntil: until }) => !existing && isInTime(ctx.clock.now(), until))
    .map((card) => card.cardId)
  if (cardIds.length === 0) return new Map()
  const preview = await previewClosure(ctx, { ...of, cardIds, act: 'withdraw' })
  return new Map(preview.cards.map((card) => [card.cardId, paidOf(preview, card)]))
}
