import { assert } from '../../platform/errors.ts'
import { bringBack } from '../../usage/dry-cut.ts'
import { letGoSetAside } from '../set-aside.ts'
import type { LocalOrderStep } from '../order-step.ts'

/** What was set aside on the card's balance is free again: nothing was taken, and nothing goes back. */
export const letGo: LocalOrderStep = {
  kind: 'local',
  name: 'let_go',
  async apply(ctx, tx, told) {
    const { issuer_id: issuerId, order_id: orderId, card_id: cardId } = told.order
    assert(cardId, 'what is paid from a balance is for its card')
    const answer = await letGoSetAside(ctx, tx, { issuerId, orderId, cardId })
    const card = await tx
      .selectFrom('card')
      .select('state')
      .where('issuer_id', '=', issuerId)
      .where('card_id', '=', cardId)
      .executeTakeFirst()
    // The line may have gone off while the rest did not reach; one of a card that is being closed is the closure's.
    if (card?.state === 'open') await bringBack(ctx, tx, cardId)
    return { done: { answer } }
  },
}
