import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { plain } from './array-text.ts'
import type { BucketState, CardState } from './card-state.ts'
import type { PlanBook } from './plan-book.ts'
import type { UsageKind, UsageRecord } from './record.ts'

type Row = {
  card_id: string
  iccid: string
  plan: string
  zone: string
  item_id: string | null
  /** Times in ms since 1970. */
  sold_ms: number
  activated_ms: number | null
  activated_zone: string | null
  more_days: number
  expires_ms: number
  lapsed_ms: number | null
  data_left_mb: bigint
  voice_left_s: bigint
  sms_left: bigint
  state: CardState['state']
  jurisdiction: string
  /** Where its balance lies. */
  place: string
  account_id: string
  currency: string
  /** The balance without what is held. */
  free: bigint
  frozen_ms: number | null
  /** When its account ended: it is settled. */
  closed_ms: number | null
  voice_over_s: bigint
  used_gross: bigint
  buckets: { bucket_id: string; kind: UsageKind; left_units: number; expires_ms: number }[] | null
  days: { day: string; data_mb: number }[] | null
}

/** The cards that records name, by id and by ICCID. */
export type Cards = { byId: Map<string, CardState>; byIccid: Map<string, CardState> }

export function cardOf(cards: Cards, record: UsageRecord): CardState | undefined {
  return record.iccid === undefined ? cards.byId.get(record.cardId!) : cards.byIccid.get(record.iccid)
}

/**
 * Locks the balance of every card that the records name and reads the cards after that (usage_cards,
 * migrations/0074): until the transaction ends nobody else charges them.
 */
export async function lockCards(
  tx: Tx,
  issuerId: string,
  records: UsageRecord[],
  book: PlanBook,
  now: Date,
): Promise<Cards> {
  const iccids = new Set(records.flatMap(({ iccid }) => (iccid === undefined ? [] : [iccid])))
  const cardIds = new Set(records.flatMap(({ cardId }) => (cardId === undefined ? [] : [cardId])))
  const { rows } = await sql<Row>`
    select * from usage_cards(${issuerId}, ${plain([...iccids])}::text[], ${plain([...cardIds])}::uuid[], ${now})`.execute(
    tx,
  )
  const cards: Cards = { byId: new Map(), byIccid: new Map() }
  const today = { now, day: now.toISOString().slice(0, 10) }
  for (const row of rows) {
    const sold = {
      itemId: row.item_id,
      plan: row.plan,
      soldAt: new Date(row.sold_ms),
      zone: row.zone,
      currency: row.currency,
      jurisdiction: row.jurisdiction,
    }
    const rules = book.knownRules(issuerId, sold, today) ?? (await book.readRules(tx, issuerId, sold, today))
    const card = stateOf(row, rules)
    cards.byId.set(card.cardId, card)
    cards.byIccid.set(card.iccid, card)
  }
  return cards
}

function stateOf(row: Row, rules: CardState['rules']): CardState {
  const buckets = (row.buckets ?? []).map((bucket): BucketState => {
    return {
      bucketId: bucket.bucket_id,
      kind: bucket.kind,
      left: bucket.left_units,
      expiresAt: bucket.expires_ms,
      drawn: 0,
    }
  })
  return {
    cardId: row.card_id,
    iccid: row.iccid,
    state: row.state,
    currency: row.currency,
    accountId: row.account_id,
    place: row.place,
    rules,
    left: { data: Number(row.data_left_mb), voice: Number(row.voice_left_s), sms: Number(row.sms_left) },
    drawn: { data: 0, voice: 0, sms: 0 },
    buckets,
    available: row.free,
    voiceOverS: Number(row.voice_over_s),
    usedGross: row.used_gross,
    dayMb: new Map((row.days ?? []).map(({ day, data_mb }) => [day, data_mb])),
    activatedAt: row.activated_ms,
    activatedZone: row.activated_zone,
    moreDays: row.more_days,
    expiresAt: row.expires_ms,
    expiredAtFirst: row.expires_ms,
    lapsedAt: row.lapsed_ms,
    frozenAt: row.frozen_ms,
    settledAt: row.closed_ms,
    changed: { card: false, voice: false, days: new Set() },
    dry: null,
  }
}
