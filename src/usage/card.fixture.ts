import type { BucketState, CardState, Rules } from './card-state.ts'
import type { UsageKind, UsageRecord } from './record.ts'

/** For tests: a card in Japan that costs 30 fen a MB, 100 a minute and 50 a message, with 6 % tax in it. */
export const rules: Rules = {
  zone: 'JP',
  countries: new Set(['JP']),
  timeZone: 'Asia/Tokyo',
  prices: { data: 30n, voice: 100n, sms: 50n },
  days: 3,
  dailyDataMb: null,
  rateBp: 600,
}

export const noon = Date.parse('2026-11-22T03:00:00Z')
export const minute = 60_000

export function madeCard(over: Partial<CardState> = {}): CardState {
  const expiresAt = Date.parse('2027-01-30T00:00:00Z')
  return {
    cardId: '0197a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b',
    iccid: '8999901000000000018',
    state: 'open',
    currency: 'CNY',
    accountId: '0197a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5c',
    place: '(0,1)',
    rules,
    left: { data: 0, voice: 0, sms: 0 },
    drawn: { data: 0, voice: 0, sms: 0 },
    buckets: [],
    available: 1_000n,
    voiceOverS: 0,
    usedGross: 0n,
    dayMb: new Map(),
    activatedAt: Date.parse('2026-11-20T00:00:00Z'),
    activatedZone: null,
    moreDays: 0,
    expiresAt,
    expiredAtFirst: expiresAt,
    lapsedAt: null,
    frozenAt: null,
    settledAt: null,
    changed: { card: false, voice: false, days: new Set() },
    dry: null,
    ...over,
  }
}

export function madeBucket(kind: UsageKind, left: number, expiresAt: number): BucketState {
  return { bucketId: `${kind}-${expiresAt}`, kind, left, expiresAt, drawn: 0 }
}

let made = 0
export function madeRecord(over: Partial<UsageRecord> = {}): UsageRecord {
  return {
    recordId: `r${++made}`,
    iccid: '8999901000000000018',
    kind: 'data',
    quantity: 1,
    zone: 'JP',
    usedAt: noon,
    ...over,
  }
}
