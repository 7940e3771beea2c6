import { previewClosure } from '../closure/preview.ts'
import type { PayoutRoute } from '../payout/plan-payouts.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { readPerson } from '../privacy/vault.ts'
import { openCards } from './open-cards.ts'

const sample_issuers = ['leb', 'roamly', 'sinotravel']

/** The next open 3-day card of the fleet, paid by `paidBy`. The demo's own holders keep theirs, to be looked at. */
export async function nextCard(ctx: Context, paidBy: 'stripe' | 'bank') {
  for (const issuerId of sample_issuers)
    for (const card of await cardsOf(ctx, issuerId, paidBy)) {
      const email = await inIssuer(ctx.db, issuerId, async (tx) => {
        return (await readPerson(ctx, tx, issuerId, card.holder_id))?.email
      })
      if (email) return { ...toldOf(issuerId, card), email }
    }
  return undefined
}

/**
 * The next such card all of whose money takes this one way if its issuer closes it (`leb close`). The preview says so:
 * who may still withdraw gets more than the balance, which may be more than the card was paid with.
 */
export async function nextToClose(
  ctx: Context,
  paidBy: 'stripe' | 'bank',
  route: PayoutRoute,
): Promise<string | undefined> {
  for (const issuerId of sample_issuers)
    for (const card of await cardsOf(ctx, issuerId, paidBy)) {
      const { cardId, accountId, iccid } = toldOf(issuerId, card)
      const { cards } = await previewClosure(ctx, {
        issuerId,
        accountId,
        cardIds: [cardId],
        act: 'terminate',
        identity: 'issuer_decision',
      })
      if (cards.every(({ settlement }) => settlement.parts.every((part) => part.route === route)))
        return iccid
    }
  return undefined
}

type Found = Awaited<ReturnType<typeof cardsOf>>[number]

const toldOf = (issuerId: string, card: Found) => ({
  issuerId,
  cardId: card.card_id,
  accountId: card.account_id,
  iccid: card.iccid,
  plan: card.plan,
  balance: { amount: card.balance, currency: card.currency },
})

const cardsOf = (ctx: Context, issuerId: string, paidBy: 'stripe' | 'bank') =>
  inIssuer(ctx.db, issuerId, (tx) =>
    openCards(tx, issuerId)
      .select(['c.card_id', 'c.iccid', 'c.plan', 'c.currency', 'c.account_id', 'a.holder_id', 'l.balance'])
      .where('c.plan', '=', 'LEB3')
      .where('c.payment_provider', '=', paidBy)
      .where('a.account_ref', 'not like', 'DEMO-%')
      .orderBy('c.iccid')
      .execute(),
  )
