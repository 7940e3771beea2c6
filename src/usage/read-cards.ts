import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import type { BucketState, CardState } from './card-state.ts'
import type { PlanBook } from './plan-book.ts'
import type { UsageKind, UsageRecord } from './record.ts'

type Locked = {
  card_id: string
  account_id: string
  balance: bigint
  held: bigint
  currency: string
  frozen_at: Date | null
  closed_at: Date | null
}
type Row = {
  card_id: string
  iccid: string
  plan: string
  zone: string
  item_id: string | null
  sold_at: Date
  activated_at: Date | null
  activated_zone: string | null
  more_days: number
  expires_at: Date
  lapsed_at: Date | null
  data_left_mb: bigint
  voice_left_s: bigint
  sms_left: bigint
  state: CardState['state']
  jurisdiction: string
  buckets: { bucket_id: string; kind: UsageKind; left_units: number; expires_ms: number }[] | null
  voice_over_s: bigint | null
  gross_minor: bigint | null
  days: { day: string; data_mb: number }[] | null
}

/** The cards that records name, by id and by ICCID. */
export type Cards = { byId: Map<string, CardState>; byIccid: Map<string, CardState> }

export function cardOf(cards: Cards, record: UsageRecord): CardState | undefined {
  return record.iccid === undefined ? cards.byId.get(record.cardId!) : cards.byIccid.get(record.iccid)
}

/**
 * Locks the balance of every card that the records name, in the order of all gates (by account id), and reads the
 * cards in a statement of its own after that: what is read is what the transactions waited for have left.
 */
export async function lockCards(
  tx: Tx,
  issuerId: string,
  records: UsageRecord[],
  book: PlanBook,
  now: Date,
): Promise<Cards> {
  const cards: Cards = { byId: new Map(), byIccid: new Map() }
  const locked = await lockBalances(tx, issuerId, records)
  if (locked.size === 0) return cards
  for (const row of await readRows(tx, issuerId, [...locked.keys()])) {
    const sold = {
      itemId: row.item_id,
      plan: row.plan,
      soldAt: row.sold_at,
      zone: row.zone,
      currency: locked.get(row.card_id)!.currency,
      jurisdiction: row.jurisdiction,
    }
    const card = stateOf(row, locked.get(row.card_id)!, await book.rulesOf(tx, issuerId, sold, now))
    cards.byId.set(card.cardId, card)
    cards.byIccid.set(card.iccid, card)
  }
  return cards
}

async function lockBalances(tx: Tx, issuerId: string, records: UsageRecord[]): Promise<Map<string, Locked>> {
  const iccids = [...new Set(records.flatMap(({ iccid }) => (iccid === undefined ? [] : [iccid])))]
  const cardIds = [...new Set(records.flatMap(({ cardId }) => (cardId === undefined ? [] : [cardId])))]
  // Ids first: a card's id and ICCID never change, and one statement then locks all in one order.
  const { rows: named } =
    iccids.length === 0
      ? { rows: [] }
      : await sql<{ card_id: string }>`
          select c.card_id from unnest(${iccids}::text[]) as r (iccid)
           cross join lateral (select card_id from card
                                where issuer_id = ${issuerId} and iccid = r.iccid offset 0) c`.execute(tx)
  const all = [...cardIds, ...named.map((row) => row.card_id)]
  const { rows } = await sql<Locked>`
    select card_id, account_id, balance, held, currency, frozen_at, closed_at from ledger_account
     where issuer_id = ${issuerId} and card_id = any (${all}::uuid[])
     order by account_id for no key update`.execute(tx)
  return new Map(rows.map((row) => [row.card_id, row]))
}

/** Joined by hand with `offset 0`: a plan made while the tables were small would scan them for ever after. */
async function readRows(tx: Tx, issuerId: string, cardIds: string[]): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select c.*, b.buckets, m.voice_over_s, m.gross_minor, d.days
      from unnest(${cardIds}::uuid[]) as r (card_id)
     cross join lateral (
       select k.card_id, k.iccid, k.plan, k.zone, k.item_id, k.sold_at, k.activated_at, k.activated_zone, k.more_days,
              k.expires_at, k.lapsed_at, k.data_left_mb, k.voice_left_s, k.sms_left, k.state,
              (select a.jurisdiction from account a
                where a.issuer_id = k.issuer_id and a.account_id = k.account_id) as jurisdiction
         from card k where k.issuer_id = ${issuerId} and k.card_id = r.card_id offset 0) c
     cross join lateral (
       select json_agg(json_build_object('bucket_id', x.bucket_id, 'kind', x.kind, 'left_units', x.left_units,
                'expires_ms', (extract(epoch from x.expires_at) * 1000)::bigint) order by x.expires_at, x.bucket_id) as buckets
         from bucket x where x.issuer_id = ${issuerId} and x.card_id = r.card_id
          and x.left_units > 0 and x.lapsed_at is null offset 0) b
     cross join lateral (
       select json_agg(json_build_object('day', y.day, 'data_mb', y.data_mb)) as days
         from usage_day y where y.issuer_id = ${issuerId} and y.card_id = r.card_id offset 0) d
      left join lateral (
       select voice_over_s, gross_minor from usage_meter
        where issuer_id = ${issuerId} and card_id = r.card_id offset 0) m on true`.execute(tx)
  return rows
}

function stateOf(row: Row, balance: Locked, rules: CardState['rules']): CardState {
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
    currency: balance.currency,
    accountId: balance.account_id,
    rules,
    left: { data: Number(row.data_left_mb), voice: Number(row.voice_left_s), sms: Number(row.sms_left) },
    drawn: { data: 0, voice: 0, sms: 0 },
    buckets,
    available: balance.balance - balance.held,
    voiceOverS: Number(row.voice_over_s ?? 0n),
    grossMinor: row.gross_minor ?? 0n,
    dayMb: new Map((row.days ?? []).map(({ day, data_mb }) => [day, data_mb])),
    activatedAt: row.activated_at?.getTime() ?? null,
    activatedZone: row.activated_zone,
    moreDays: row.more_days,
    expiresAt: row.expires_at.getTime(),
    expiredAtFirst: row.expires_at.getTime(),
    lapsedAt: row.lapsed_at?.getTime() ?? null,
    frozenAt: balance.frozen_at?.getTime() ?? null,
    settledAt: balance.closed_at?.getTime() ?? null,
    changed: { card: false, meter: false, days: new Set() },
    dry: null,
  }
}
