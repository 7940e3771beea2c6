import { type Card, listCards } from '../card/card-store.ts'
import { type CardEnd, readEnds } from '../expiry/read-ends.ts'
import type { Tx } from '../platform/db.ts'
import { assert, Refusal } from '../platform/errors.ts'
import type { Bounds } from './statement-period.ts'
import { readStatement, type Wanted } from './statement.ts'

type Own = { issuerId: string; cardId: string; holderIds: string[] }

/** Throws Refusal closure/no_such_card, the same for a card of somebody else as for none. */
export async function readOwnStatement(tx: Tx, { issuerId, cardId, holderIds }: Own, wanted: Wanted) {
  const { card, ends } = await readOwnCard(tx, { issuerId, cardId, holderIds }, wanted.bounds)
  const movements = await readStatement(tx, { issuerId, cardId }, wanted)
  assert(movements, 'every card has a balance account')
  return { card, movements, ends }
}

/** The card, and what ended on it: what ended without money moving, such as a balance that is kept, is on no line. */
export async function readOwnCard(
  tx: Tx,
  { issuerId, cardId, holderIds }: Own,
  bounds: Bounds | undefined,
): Promise<{ card: Card; ends: CardEnd[] }> {
  const card = (await listCards(tx, issuerId, holderIds)).find((one) => one.cardId === cardId)
  if (!card) throw new Refusal('closure/no_such_card')
  const ends = await readEnds(tx, issuerId, [cardId])
  return {
    card,
    ends: bounds ? ends.filter(({ endedAt: at }) => at >= bounds.from && at < bounds.until) : ends,
  }
}
