import { listCards } from '../card/card-store.ts'
import { readEnds } from '../expiry/read-ends.ts'
import type { Tx } from '../platform/db.ts'
import { assert, Refusal } from '../platform/errors.ts'
import { readStatement } from './statement.ts'

/** Throws Refusal closure/no_such_card, the same for a card of somebody else as for none. */
export async function readOwnStatement(
  tx: Tx,
  { issuerId, cardId, holderIds }: { issuerId: string; cardId: string; holderIds: string[] },
  wanted: { before?: string | undefined; limit: number },
) {
  const card = (await listCards(tx, issuerId, holderIds)).find((one) => one.cardId === cardId)
  if (!card) throw new Refusal('closure/no_such_card')
  const movements = await readStatement(tx, { issuerId, cardId }, wanted)
  assert(movements, 'every card has a balance account')
  // What ended without money moving, such as a balance that is kept, stands on no line.
  const ends = await readEnds(tx, issuerId, [cardId])
  return { card, movements, ends }
}
