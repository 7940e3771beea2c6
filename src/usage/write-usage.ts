import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { takenMeanwhile, TakenMeanwhile } from '../platform/taken-meanwhile.ts'
import { bytes, plain, quoted } from './array-text.ts'
import type { CardState } from './card-state.ts'
import type { Rated } from './outcome.ts'
import type { UsageRecord } from './record.ts'

export type RatedRecord = { record: UsageRecord; hash: Buffer; card: CardState; rated: Rated }

/**
 * Writes what a batch used, one statement a table however many records: the records, and what it took of plans and
 * buckets. Takes differences off cards and buckets, so that what others changed meanwhile (days or data bought) stays.
 * Throws an error with code 40001 where a record was written or a bucket ended meanwhile.
 */
export async function writeUsage(tx: Tx, issuerId: string, rated: RatedRecord[], now: Date): Promise<void> {
  if (rated.length === 0) return
  await writeRecords(tx, issuerId, rated, now)
  const cards = [...new Set(rated.map(({ card }) => card))]
  await writeCards(
    tx,
    issuerId,
    cards.filter(({ changed }) => changed.card),
  )
  await writeBuckets(tx, issuerId, cards)
  await writeDays(tx, issuerId, cards)
}

/**
 * From the settlement on a card's person may be erased (src/privacy/erase-person.ts), also while the certificate is still
 * to be sealed and the card is not closed: where they were is not told of them anew, nor what it can be tried out against.
 */
const mayBeErased = ({ card }: RatedRecord) => card.settledAt !== null || card.state === 'closed'
const countryOf = (one: RatedRecord) => (mayBeErased(one) ? null : (one.record.country ?? null))
const hashOf = (one: RatedRecord) => (mayBeErased(one) ? Buffer.alloc(0) : one.hash)

async function writeRecords(tx: Tx, issuerId: string, rated: RatedRecord[], now: Date): Promise<void> {
  await sql`
    insert into usage_record (issuer_id, record_id, content_hash, card_id, kind, quantity, bucket_units, balance_units,
      unpaid_units, zone, country, used_at, reported_at, outcome, gross_minor, tax_minor, currency)
    select ${issuerId}, r.record_id, r.hash, r.card_id, r.kind, r.quantity, r.bucket, r.balance, r.unpaid, r.zone, r.country,
           to_timestamp(r.used_ms / 1000.0), ${now}, r.outcome, r.gross, r.tax, r.currency
      from unnest(
        ${quoted(rated.map((r) => r.record.recordId))}::text[],
        ${bytes(rated.map(hashOf))}::bytea[],
        ${plain(rated.map((r) => r.card.cardId))}::uuid[],
        ${plain(rated.map((r) => r.record.kind))}::text[],
        ${plain(rated.map((r) => r.record.quantity))}::bigint[],
        ${plain(rated.map((r) => r.rated.bucketUnits))}::bigint[],
        ${plain(rated.map((r) => r.rated.balanceUnits))}::bigint[],
        ${plain(rated.map((r) => r.rated.unpaidUnits))}::bigint[],
        ${quoted(rated.map((r) => r.record.zone ?? r.card.rules.zone))}::text[],
        ${plain(rated.map(countryOf))}::text[],
        ${plain(rated.map((r) => r.record.usedAt))}::bigint[],
        ${plain(rated.map((r) => r.rated.outcome))}::text[],
        ${plain(rated.map((r) => r.rated.gross))}::bigint[],
        ${plain(rated.map((r) => r.rated.tax))}::bigint[],
        ${plain(rated.map((r) => r.rated.currency))}::text[])
        as r (record_id, hash, card_id, kind, quantity, bucket, balance, unpaid, zone, country, used_ms, outcome, gross,
              tax, currency)`
    .execute(tx)
    .catch(takenMeanwhile('usage_record_pkey'))
}

async function writeCards(tx: Tx, issuerId: string, cards: CardState[]): Promise<void> {
  if (cards.length === 0) return
  await sql`
    update card k
       set data_left_mb = k.data_left_mb - r.data, voice_left_s = k.voice_left_s - r.voice, sms_left = k.sms_left - r.sms,
           activated_at = to_timestamp(r.activated_ms / 1000.0), activated_zone = r.zone,
           expires_at = k.expires_at + r.longer_ms * interval '1 millisecond'
      from unnest(
        ${plain(cards.map((c) => c.cardId))}::uuid[],
        ${plain(cards.map((c) => c.drawn.data))}::bigint[],
        ${plain(cards.map((c) => c.drawn.voice))}::bigint[],
        ${plain(cards.map((c) => c.drawn.sms))}::bigint[],
        ${plain(cards.map((c) => c.activatedAt))}::bigint[],
        ${cards.map((c) => c.activatedZone)}::text[],
        ${plain(cards.map((c) => c.expiresAt - c.expiredAtFirst))}::bigint[])
        as r (card_id, data, voice, sms, activated_ms, zone, longer_ms)
     where k.issuer_id = ${issuerId} and k.card_id = r.card_id`.execute(tx)
}

async function writeBuckets(tx: Tx, issuerId: string, cards: CardState[]): Promise<void> {
  const buckets = cards.flatMap((card) => card.buckets.filter((bucket) => bucket.drawn > 0))
  if (buckets.length === 0) return
  const { numAffectedRows } = await sql`
    update bucket b set left_units = b.left_units - r.drawn
      from unnest(
        ${buckets.map((b) => b.bucketId)}::uuid[],
        ${buckets.map((b) => b.drawn)}::bigint[]) as r (bucket_id, drawn)
     where b.issuer_id = ${issuerId} and b.bucket_id = r.bucket_id and b.lapsed_at is null`.execute(tx)
  // An add-on that ends before its card does so without the lock of its balance.
  if (numAffectedRows !== BigInt(buckets.length)) throw new TakenMeanwhile('a bucket ended meanwhile')
}

async function writeDays(tx: Tx, issuerId: string, cards: CardState[]): Promise<void> {
  const days = cards.flatMap((card) =>
    [...card.changed.days].map((day) => ({ cardId: card.cardId, day, mb: card.dayMb.get(day)! })),
  )
  if (days.length === 0) return
  await sql`
    insert into usage_day (issuer_id, card_id, day, data_mb)
    select ${issuerId}, r.* from unnest(
      ${days.map((d) => d.cardId)}::uuid[],
      ${days.map((d) => d.day)}::date[],
      ${days.map((d) => d.mb)}::bigint[]) as r
    on conflict (issuer_id, card_id, day) do update set data_mb = excluded.data_mb`.execute(tx)
}

/**
 * Writes what roundings go by, where the gate has not: seconds of voice, and what was drained into a settlement. After
 * the money has been moved: until then balances stay in the places where they were locked (post-usage.ts).
 */
export async function writeUse(tx: Tx, issuerId: string, all: Iterable<CardState>): Promise<void> {
  const cards = [...all].filter((c) => c.changed.voice || (c.frozenAt !== null && c.settledAt === null))
  if (cards.length === 0) return
  await sql`
    update ledger_account a set voice_over_s = r.voice_over_s, used_gross = r.used_gross
      from unnest(
        ${plain(cards.map((c) => c.accountId))}::uuid[],
        ${plain(cards.map((c) => c.voiceOverS))}::bigint[],
        ${plain(cards.map((c) => c.usedGross))}::bigint[]) as r (account_id, voice_over_s, used_gross)
     where a.issuer_id = ${issuerId} and a.account_id = r.account_id`.execute(tx)
}
