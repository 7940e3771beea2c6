import type { Money } from '../ledger/money.ts'
import type { Fault } from './record.ts'

/** How a record of use that is known to LEB ended. These are stored; a repetition is answered from them. */
export type KnownOutcome =
  /** Covered; at least a part by the balance. */
  | 'charged'
  /** Covered by buckets alone. */
  | 'from_bucket'
  /** Covered in part; the card is dry. */
  | 'partly'
  /** Covered by nothing; the card is dry. */
  | 'dry'
  /** Used where the card doesn't work; not charged. */
  | 'out_of_zone'
  /** Used before the card was frozen or lapsed, reported when its money had been settled: late_usage bears it. */
  | 'late'
  /** Used after the card was frozen for closing, or closed, or had expired: late_usage bears it. */
  | 'frozen'
  | 'closed'
  | 'expired'

/** Outcomes that nobody pays and staff should see. */
export const seenOutcomes = ['late', 'frozen', 'closed', 'expired', 'out_of_zone'] as const

/** What is kept of a rated record. Units are MB, seconds or messages; gross is in minor units, tax included. */
export type Rated = {
  outcome: KnownOutcome
  bucketUnits: number
  balanceUnits: number
  unpaidUnits: number
  gross: bigint
  tax: bigint
  currency: string
}

/** The answer to one record of a batch. */
export type UsageResult =
  | ({ recordId: string; outcome: KnownOutcome } & Accounted)
  | ({ recordId: string; outcome: 'duplicate'; first: KnownOutcome } & Accounted)
  | { recordId: string; outcome: 'key_reused' | 'unknown_card' }
  | { recordId: string | null; outcome: 'malformed'; fault: Fault; detail: string }

type Accounted = {
  fromBucket: number
  fromBalance: number
  unpaid: number
  /** Off the card's balance. */
  charged: Money
  /** Borne by the house: on its account late_usage. */
  lateUsage: Money
}

/** Whether nobody pays it, so that late_usage bears it. */
export function isBorneByHouse(outcome: KnownOutcome): boolean {
  return outcome === 'late' || outcome === 'frozen' || outcome === 'closed' || outcome === 'expired'
}

export function answerOf(recordId: string, rated: Rated): UsageResult {
  return { recordId, outcome: rated.outcome, ...accounted(rated) }
}

export function repeatedAnswer(recordId: string, rated: Rated): UsageResult {
  return { recordId, outcome: 'duplicate', first: rated.outcome, ...accounted(rated) }
}

function accounted(rated: Rated): Accounted {
  const { bucketUnits, balanceUnits, unpaidUnits, gross, currency } = rated
  const house = isBorneByHouse(rated.outcome)
  return {
    fromBucket: bucketUnits,
    fromBalance: balanceUnits,
    unpaid: unpaidUnits,
    charged: { amount: house ? 0n : gross, currency },
    lateUsage: { amount: house ? gross : 0n, currency },
  }
}
