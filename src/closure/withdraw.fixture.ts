import { openShop } from '../../test/orders.ts'
import type { Outside } from '../../test/outside.ts'
import { inIssuer } from '../platform/db.ts'

export type Bought = { cardId: string; accountId: string; iccid: string; email: string }

/** Cards as a guest buys them of `issuerId`: a LEB3 for €16.90, its plan not begun. */
export async function openBuying(leb: Outside, issuerId: string) {
  const shop = await openShop(leb)
  let buyers = 0
  const cardOf = (cardId: string | null) =>
    inIssuer(leb.db, issuerId, (tx) =>
      tx
        .selectFrom('card')
        .select(['card_id', 'account_id', 'iccid'])
        .where('issuer_id', '=', issuerId)
        .where('card_id', '=', cardId)
        .executeTakeFirstOrThrow(),
    )
  return {
    shop,
    /** @param live ISO 3166-1 alpha-2 */
    async buy(live = 'DE'): Promise<Bought> {
      const email = `buyer${++buyers}@example.com`
      const wanted = { kind: 'card', code: 'LEB3', zone: 'JP', currency: 'EUR' } as const
      const placed = await shop.buy({
        issuerId,
        wanted,
        buyer: { kind: 'guest', email, name: '', live },
        live,
      })
      const order = await shop.view(placed, issuerId)
      const card = await cardOf(order.cardId)
      return { cardId: card.card_id, accountId: card.account_id, iccid: card.iccid, email }
    },
    /** The first of its days begins now. */
    activate: ({ cardId }: Pick<Bought, 'cardId'>) =>
      inIssuer(leb.db, issuerId, (tx) =>
        tx
          .updateTable('card')
          .set({ activated_at: leb.clock.now(), activated_zone: 'JP' })
          .where('issuer_id', '=', issuerId)
          .where('card_id', '=', cardId)
          .execute(),
      ),
  }
}
