import type { Card } from '../card/card-store.ts'
import type { Context } from '../platform/context.ts'
import { type CardPreview, previewClosure, type ClosurePreview } from './preview.ts'

/** What closing a card now would pay, the minimum that is sent by itself, and until when it can be withdrawn from. */
export type IfClosedNow = Pick<CardPreview, 'settlement' | 'arrivesBy' | 'withdrawableUntil'> &
  Pick<ClosurePreview, 'minimumPayout' | 'jurisdiction'>

/** For each of these cards that is open, by card id: reckoned by the function that would settle it. */
export async function ifClosedNow(
  ctx: Context,
  issuerId: string,
  cards: Pick<Card, 'cardId' | 'accountId' | 'state'>[],
): Promise<Map<string, IfClosedNow>> {
  const open = cards.filter((card) => card.state === 'open')
  const now = new Map<string, IfClosedNow>()
  for (const accountId of new Set(open.map((card) => card.accountId))) {
    const cardIds = open.filter((card) => card.accountId === accountId).map((card) => card.cardId)
    const preview = await previewClosure(ctx, { issuerId, accountId, cardIds, act: 'terminate' })
    const { minimumPayout, jurisdiction } = preview
    for (const { cardId, settlement, arrivesBy, withdrawableUntil } of preview.cards)
      now.set(cardId, { settlement, arrivesBy, withdrawableUntil, minimumPayout, jurisdiction })
  }
  return now
}
