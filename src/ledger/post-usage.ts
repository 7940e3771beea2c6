import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import { takenMeanwhile } from '../platform/taken-meanwhile.ts'

/** What one usage record costs, in minor units of its card's currency: gross = net + tax, above 0. */
export type UsageLine = {
  /** Names this record for ever; the same key with the same hash is the same record. */
  recordKey: string
  hash: Uint8Array
  cardId: string
  gross: bigint
  net: bigint
  tax: bigint
  /** Used before the card was frozen, reported after it: nobody pays it, late_usage bears it. */
  late: boolean
  /** Where the card's balance lies (ctid), said by the statement of this transaction that locked it; spares a look-up. */
  place?: string | undefined
}

export type UsageAnswer =
  | { answer: 'posted' | 'replayed' | 'key_reused' | 'frozen' | 'closed' | 'unknown' }
  /** Nothing was taken; `affordable` is what the card had left for this record, in minor units. */
  | { answer: 'insufficient'; affordable: bigint }

/**
 * Takes many records off many cards in one statement and one collective posting (ledger_post_usage, migrations/0074;
 * docs/adr/0022), a line for each record, answered by itself, in the order given. Lines of one card are taken one after
 * the other: one that does not fit is refused whole, and a smaller one after it may still fit. Call it last in the
 * transaction, after locks on cards and buckets: it locks balances by account id and the house's accounts at the end, and
 * those are every batch's.
 * Throws LB012 unbalanced as a database error for a line that does not add up: a bug of the caller's; and an error with
 * code 40001 where another transaction has just used a key for another card: trying again says key_reused.
 */
export async function postUsage(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  lines: UsageLine[],
): Promise<UsageAnswer[]> {
  const { first, sameAs } = firstOfEachKey(lines)
  if (first.length === 0) return []
  const { rows } = await sql<{ answers: UsageAnswer['answer'][]; affordable: (string | null)[] }>`
    select answers, affordable from ledger_post_usage(
      ${issuerId},
      ${first.map((line) => line.recordKey)}::text[],
      ${first.map((line) => Buffer.from(line.hash))}::bytea[],
      ${first.map((line) => line.cardId)}::uuid[],
      ${first.map((line) => line.gross.toString())}::bigint[],
      ${first.map((line) => line.net.toString())}::bigint[],
      ${first.map((line) => line.tax.toString())}::bigint[],
      ${first.map((line) => line.late)}::boolean[],
      ${ctx.ids.next()}::uuid,
      ${ctx.clock.now()},
      ${placesOf(first)}::tid[]
    )`
    .execute(tx)
    .catch(takenMeanwhile('ledger_entry_key'))
  const { answers, affordable } = rows[0]!
  const answerOf = (place: number): UsageAnswer => {
    const answer = answers[place]
    assert(answer, 'every usage line is answered')
    return answer === 'insufficient' ? { answer, affordable: BigInt(affordable[place]!) } : { answer }
  }
  return lines.map((line, at) => {
    const place = sameAs[at]!
    const original = first[place]!
    const answer = answerOf(place)
    if (original === line) return answer
    if (!isSame(original, line)) return { answer: 'key_reused' }
    return answer.answer === 'posted' ? { answer: 'replayed' } : answer
  })
}

/** All of them, or none is taken at its word: the gate then looks for each. */
function placesOf(lines: UsageLine[]): string[] | null {
  const places = lines.flatMap(({ place }) => place ?? [])
  return places.length === lines.length ? places : null
}

/** A key that stands twice in one call is sent once; the second is answered from the first. */
function firstOfEachKey(lines: UsageLine[]): { first: UsageLine[]; sameAs: number[] } {
  const first: UsageLine[] = []
  const placeOf = new Map<string, number>()
  const sameAs = lines.map((line) => {
    const known = placeOf.get(line.recordKey)
    if (known !== undefined) return known
    placeOf.set(line.recordKey, first.length)
    return first.push(line) - 1
  })
  return { first, sameAs }
}

function isSame(a: UsageLine, b: UsageLine): boolean {
  return Buffer.compare(a.hash, b.hash) === 0
}
