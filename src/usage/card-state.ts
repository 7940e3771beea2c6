import type { UsageKind } from './record.ts'

/** What one unit beyond the buckets costs in the card's currency, tax included; null where it is not sold. */
export type Prices = Record<UsageKind, bigint | null>

/** The rules a card is rated by: its plan as it was sold, in its zone and currency. */
export type Rules = {
  zone: string
  /** null: anywhere; a zone that no plan describes. */
  countries: ReadonlySet<string> | null
  /** IANA; days of the card begin by this clock. */
  timeZone: string
  prices: Prices
  /** Days from activation, null where no plan says. */
  days: number | null
  dailyDataMb: number | null
  /** Basis points of the tax inside prices. */
  rateBp: number
}

/** A bucket that was bought beside the plan. Times in milliseconds since 1970. */
export type BucketState = {
  bucketId: string
  kind: UsageKind
  left: number
  expiresAt: number
  /** How much of it this batch took. */
  drawn: number
}

/** A card as a batch finds it and leaves it: read under lock, changed by rate(), written back once. */
export type CardState = {
  cardId: string
  iccid: string
  state: 'open' | 'closing' | 'frozen' | 'closed'
  currency: string
  accountId: string
  /** Where its balance lies, as long as nothing was written there. */
  place: string
  rules: Rules
  /** Of the plan: MB, seconds, messages. */
  left: Record<UsageKind, number>
  /** How much of the plan's this batch took. */
  drawn: Record<UsageKind, number>
  /** Earliest end first. */
  buckets: BucketState[]
  /** What the balance can pay now: without what is held. */
  available: bigint
  /** Beyond the buckets so far, over the card's life. */
  voiceOverS: number
  /** All that use took off its balance so far: tax is taken over the sum. */
  usedGross: bigint
  /** Data that the plan gave on a day; only where it counts by day. */
  dayMb: Map<string, number>
  activatedAt: number | null
  /** Set where its first use here activated it. */
  activatedZone: string | null
  moreDays: number
  expiresAt: number
  /** Where the end stood before this batch. */
  expiredAtFirst: number
  lapsedAt: number | null
  frozenAt: number | null
  settledAt: number | null
  changed: { card: boolean; voice: boolean; days: Set<string> }
  /** Ran dry in this batch; `until` where only the plan's day is over. */
  dry: { usedAt: number; until: number | null } | null
}
