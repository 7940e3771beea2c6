import { createSecretKey, hash as digest, type KeyObject } from 'node:crypto'
import type pg from 'pg'
import { sql } from 'kysely'
import type { KeyStore } from '../adapters/keys/port.ts'
import { postUsage, type UsageLine } from '../ledger/post-usage.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import { drainIntoSettlement } from './drain.ts'
import { noteDryCards } from './dry-cut.ts'
import {
  answerOf,
  isBorneByHouse,
  type KnownOutcome,
  type Rated,
  repeatedAnswer,
  type UsageResult,
} from './outcome.ts'
import { openPlanBook, type PlanBook } from './plan-book.ts'
import { rate } from './rate.ts'
import { cardOf, lockCards } from './read-cards.ts'
import { contentHash, journalKey, type UsageRecord } from './record.ts'
import { type RatedRecord, writeUsage, writeUse } from './write-usage.ts'

const books = new WeakMap<pg.Pool, PlanBook>()

function bookOf({ pool }: Context): PlanBook {
  const known = books.get(pool)
  if (known) return known
  const made = openPlanBook()
  books.set(pool, made)
  return made
}

/**
 * Takes records of one issuer in, in one transaction: each is rated, charged and answered by itself, or none is.
 * A record that was taken in before is answered as it was then. Inside a batch records are rated in the order of
 * their use. Database errors are thrown as they come: nobody then knows whether the batch was taken in, and sending
 * it again finds out.
 */
export async function takeUsage(
  ctx: Context,
  issuerId: string,
  records: UsageRecord[],
): Promise<UsageResult[]> {
  if (records.length === 0) return []
  const key = await indexKeyOf(ctx, issuerId)
  const hashes = records.map((record) => contentHash(record, key))
  // Repetitions are rare, and looking for them costs as much as a tenth of the work: the first try only notices them
  // (writeUsage throws 40001), the next one looks them up.
  let tries = 0
  return inIssuer(ctx.db, issuerId, (tx) => takeIn(ctx, tx, issuerId, { records, hashes, look: tries++ > 0 }))
}

const indexKeys = new WeakMap<KeyStore, Map<string, KeyObject>>()

async function indexKeyOf({ keys }: Context, issuerId: string): Promise<KeyObject> {
  const known = indexKeys.get(keys) ?? new Map<string, KeyObject>()
  indexKeys.set(keys, known)
  const key = known.get(issuerId) ?? createSecretKey((await keys.vault(issuerId)).indexKey)
  known.set(issuerId, key)
  return key
}

type Stored = { hash: Buffer; rated: Rated }

async function takeIn(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  { records, hashes, look }: { records: UsageRecord[]; hashes: Buffer[]; look: boolean },
): Promise<UsageResult[]> {
  const now = ctx.clock.now()
  const cards = await lockCards(tx, issuerId, records, bookOf(ctx), now)
  // After the locks: of two that report the same record at once, the second sees what the first wrote.
  const stored = look ? await readStored(tx, issuerId, records) : new Map<string, Stored>()
  const results: (UsageResult | undefined)[] = records.map(() => undefined)
  const fresh: { at: number; entry: Omit<RatedRecord, 'rated'> }[] = []
  const seen = new Set<string>()
  records.forEach((record, at) => {
    const { recordId } = record
    const card = cardOf(cards, record)
    const known = stored.get(recordId)
    if (!card) results[at] = { recordId, outcome: 'unknown_card' }
    else if (known) results[at] = compare(recordId, known, hashes[at]!)
    // The same record twice in one batch: answered from the first of them, when that is rated.
    else if (!seen.has(recordId)) fresh.push({ at, entry: { record, hash: hashes[at]!, card } })
    if (card) seen.add(recordId)
  })
  fresh.sort((a, b) => inOrderOfUse(a.entry.record, b.entry.record))
  const rated = fresh.map(({ at, entry }): RatedRecord => {
    const outcome = rate(entry.card, entry.record)
    results[at] = answerOf(entry.record.recordId, outcome)
    stored.set(entry.record.recordId, { hash: entry.hash, rated: outcome })
    return { ...entry, rated: outcome }
  })
  await writeUsage(tx, issuerId, rated, now)
  await moveMoney(ctx, tx, issuerId, rated)
  await writeUse(tx, issuerId, cards.byId.values())
  // After the house's accounts, as a top-up that brings a line back does it: else the two could wait for each other.
  await noteDryCards(ctx, tx, issuerId, [...cards.byId.values()], now)
  return results.map((result, at) => {
    const { recordId } = records[at]!
    return result ?? compare(recordId, stored.get(recordId)!, hashes[at]!)
  })
}

function compare(recordId: string, known: Stored, hash: Buffer): UsageResult {
  // What it said was destroyed with its person or on its day (forget-usage.ts): the id alone is known.
  const isSame = known.hash.length === 0 || known.hash.equals(hash)
  return isSame ? repeatedAnswer(recordId, known.rated) : { recordId, outcome: 'key_reused' }
}

function inOrderOfUse(a: UsageRecord, b: UsageRecord): number {
  return a.usedAt - b.usedAt || (a.recordId < b.recordId ? -1 : a.recordId > b.recordId ? 1 : 0)
}

type StoredRow = {
  record_id: string
  content_hash: Buffer
  outcome: KnownOutcome
  bucket_units: bigint
  balance_units: bigint
  unpaid_units: bigint
  gross_minor: bigint
  tax_minor: bigint
  currency: string
}

/** MB, seconds or messages: at most a thousand million. */
const count = (units: bigint) => Number(units)

async function readStored(tx: Tx, issuerId: string, records: UsageRecord[]): Promise<Map<string, Stored>> {
  const { rows } = await sql<StoredRow>`
    select u.* from unnest(${records.map((record) => record.recordId)}::text[]) as r (record_id)
     cross join lateral (
       select record_id, content_hash, outcome, bucket_units, balance_units, unpaid_units, gross_minor, tax_minor, currency
         from usage_record where issuer_id = ${issuerId} and record_id = r.record_id offset 0) u`.execute(tx)
  return new Map(
    rows.map((row) => {
      const rated = {
        outcome: row.outcome,
        bucketUnits: count(row.bucket_units),
        balanceUnits: count(row.balance_units),
        unpaidUnits: count(row.unpaid_units),
        gross: row.gross_minor,
        tax: row.tax_minor,
        currency: row.currency,
      }
      return [row.record_id, { hash: row.content_hash, rated }]
    }),
  )
}

/** As late as can be, because the house's accounts are every batch's. */
async function moveMoney(ctx: Context, tx: Tx, issuerId: string, all: RatedRecord[]): Promise<void> {
  const paid = all.filter(({ rated }) => rated.gross > 0n)
  const drains = ({ card, rated }: RatedRecord) => card.frozenAt !== null && !isBorneByHouse(rated.outcome)
  const drained = paid.filter(drains)
  for (const one of drained) await drainIntoSettlement(ctx, tx, issuerId, one)
  const lines = paid.filter((one) => !drains(one)).map(lineOf)
  // What was drained has moved its card's balance, and a late record may be of the same card.
  if (drained.length > 0) for (const line of lines) line.place = undefined
  for (const { answer } of await postUsage(ctx, tx, issuerId, lines))
    assert(answer === 'posted', 'what was rated under the lock of a balance is posted')
}

/**
 * The journal keeps the hash of what was moved, not of what the record says: nothing leaves the journal, and where and
 * when somebody was is to be forgotten (forget-usage.ts), also by who holds the key and tries out what it may have been.
 */
function lineOf({ record, card, rated }: RatedRecord): UsageLine {
  const late = isBorneByHouse(rated.outcome)
  const { gross } = rated
  const { cardId } = card
  const tax = late ? 0n : rated.tax
  return {
    recordKey: journalKey(record.recordId),
    hash: digest('sha256', `${cardId}\n${gross}\n${tax}\n${late}`, 'buffer'),
    cardId,
    gross,
    net: gross - tax,
    tax,
    late,
    place: card.place,
  }
}
