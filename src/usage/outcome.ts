import type { Money } from '../ledger/money.ts'
import type { Fault } from './record.ts'

/**
 * How a record of use that is known to LEB ended, with words for whoever imported it. These are stored; a repetition is
 * answered from them. What nobody pays is borne by the house: on its account late_usage.
 */
export const outcomeWords = {
  charged: 'covered, at least a part of it by the balance',
  from_bucket: 'covered by what was bought',
  partly: 'covered in part: the card is dry',
  dry: 'covered by nothing: the card is dry',
  out_of_zone: 'used where the card does not work, and not charged',
  late: 'used in time, but reported after the card’s money was settled: nobody pays it',
  frozen: 'used after the card was frozen for closing: nobody pays it',
  closed: 'used after the card was closed: nobody pays it',
  expired: 'used after the card’s last day: nobody pays it',
} as const
export type KnownOutcome = keyof typeof outcomeWords

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
