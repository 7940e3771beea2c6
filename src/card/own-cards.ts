import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { type Card, listCards } from './card-store.ts'

export type OwnCard = Card

/** The cards of whoever is signed in, open ones first. */
export async function readOwnCards(ctx: Context, issuerId: string, holderIds: string[]): Promise<Card[]> {
  const cards = await inIssuer(ctx.db, issuerId, (tx) => listCards(tx, issuerId, holderIds))
  return cards.toSorted((a, b) => Number(a.state === 'closed') - Number(b.state === 'closed'))
}
