import { type Card, listCards } from '../card/card-store.ts'
import { type CardEnd, readEnds } from '../expiry/read-ends.ts'
import type { Tx } from '../platform/db.ts'
import { assert, Refusal } from '../platform/errors.ts'
import { toldZone } from '../policy/told-zone.ts'
import { type Bounds, boundsOf } from './statement-period.ts'
import { readStatement, type Wanted } from './statement.ts'

/** `period` as `statementPeriod` has it; undefined: all. */
type Own = {
  issuerId: string
  cardId: string
  holderIds: string[]
  period: string | undefined
  now: Date
}
export type OwnCard = { card: Card; ends: CardEnd[]; zone: string; bounds: Bounds | undefined }

/** Throws Refusal closure/no_such_card, the same for a card of somebody else as for none. */
export async function readOwnStatement(tx: Tx, own: Own, wanted: Omit<Wanted, 'bounds'>) {
  const { issuerId, cardId } = own
  const read = await readOwnCard(tx, own)
  const movements = await readStatement(tx, { issuerId, cardId }, { ...wanted, bounds: read.bounds })
  assert(movements, 'every card has a balance account')
  return { ...read, movements }
}

/**
 * The card, and what ended on it: what ended without money moving, such as a balance that is kept, is on no line.
 * `zone` is the one its times are told in and its periods begin by (IANA).
 */
export async function readOwnCard(
  tx: Tx,
  { issuerId, cardId, holderIds, period, now }: Own,
): Promise<OwnCard> {
  const card = (await listCards(tx, issuerId, holderIds)).find((one) => one.cardId === cardId)
  if (!card) throw new Refusal('closure/no_such_card')
  const zone = toldZone(card.jurisdiction, now)
  const bounds = period ? boundsOf(period, zone) : undefined
  const ends = await readEnds(tx, issuerId, [cardId])
  return {
    card,
    zone,
    bounds,
    ends: bounds ? ends.filter(({ endedAt: at }) => at >= bounds.from && at < bounds.until) : ends,
  }
}
