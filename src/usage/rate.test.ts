import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitTax } from '../plan/tax.ts'
import { madeBucket, madeCard, madeRecord, minute, noon, rules } from './card.fixture.ts'
import type { CardState } from './card-state.ts'
import type { UsageRecord } from './record.ts'
import { rate } from './rate.ts'

const day = 24 * 60 * minute
const left = (data: number, voice = 0, sms = 0) => ({ left: { data, voice, sms } })

describe('what a record costs', () => {
  // kind, quantity, card → outcome, of buckets, of the balance, unpaid, gross, tax
  const table: [string, Partial<UsageRecord>, Partial<CardState>, unknown[]][] = [
    ['a bucket covers it', { quantity: 5 }, left(5), ['from_bucket', 5, 0, 0, 0n, 0n]],
    ['the balance covers the rest', { quantity: 7 }, left(5), ['charged', 5, 2, 0, 60n, 3n]],
    ['the balance covers it', { quantity: 2 }, {}, ['charged', 0, 2, 0, 60n, 3n]],
    ['a begun minute counts whole', { kind: 'voice', quantity: 61 }, {}, ['charged', 0, 61, 0, 200n, 11n]],
    ['a message', { kind: 'sms', quantity: 1 }, {}, ['charged', 0, 1, 0, 50n, 3n]],
    ['what it can pay is taken', { quantity: 7 }, { available: 100n }, ['partly', 0, 3, 4, 90n, 5n]],
    ['nothing is left', { quantity: 7 }, { available: 29n }, ['dry', 0, 0, 7, 0n, 0n]],
    ['what is held is not spent', { kind: 'sms' }, { available: 0n }, ['dry', 0, 0, 1, 0n, 0n]],
    [
      'not sold beyond the bucket',
      { quantity: 9 },
      { ...left(4), rules: { ...rules, prices: { data: null, voice: null, sms: null } } },
      ['partly', 4, 0, 5, 0n, 0n],
    ],
    [
      'free beyond the bucket',
      { quantity: 9 },
      { ...left(4), available: 0n, rules: { ...rules, prices: { ...rules.prices, data: 0n } } },
      ['charged', 4, 5, 0, 0n, 0n],
    ],
    ['another zone', { zone: 'EU' }, left(5), ['out_of_zone', 0, 0, 1, 0n, 0n]],
    [
      'a country of the zone',
      { zone: undefined as never, country: 'JP' },
      left(5),
      ['from_bucket', 1, 0, 0, 0n, 0n],
    ],
    [
      'a country outside it',
      { zone: undefined as never, country: 'KR' },
      left(5),
      ['out_of_zone', 0, 0, 1, 0n, 0n],
    ],
    [
      'before the freeze, not settled',
      { usedAt: noon - 1 },
      { state: 'frozen', frozenAt: noon },
      ['charged', 0, 1, 0, 30n, 2n],
    ],
    ['at the freeze', {}, { state: 'frozen', frozenAt: noon }, ['frozen', 0, 0, 1, 30n, 0n]],
    [
      'before the freeze, settled',
      { usedAt: noon - 1, quantity: 4 },
      { ...left(5), state: 'frozen', frozenAt: noon, settledAt: noon },
      ['late', 0, 0, 4, 120n, 0n],
    ],
    [
      'after the freeze, closed',
      { kind: 'voice', quantity: 61 },
      { state: 'closed', frozenAt: noon - 1, settledAt: noon },
      ['closed', 0, 0, 61, 200n, 0n],
    ],
    ['after the last day', {}, { ...left(5), expiresAt: noon }, ['expired', 0, 0, 1, 30n, 0n]],
    ['in time, but lapsed', {}, { ...left(5), lapsedAt: noon }, ['late', 0, 0, 1, 30n, 0n]],
  ]
  it.each(table)('%s', (_, record, card, expected) => {
    const { currency, ...got } = rate(madeCard(card), madeRecord(record))
    expect(Object.values(got)).toEqual(expected)
    expect(currency).toBe('CNY')
  })

  it('rounds part minutes over the sum, so that two calls of 40 s cost two minutes', () => {
    const card = madeCard()
    const gross = [40, 40, 40].map((quantity) => rate(card, madeRecord({ kind: 'voice', quantity })).gross)
    expect(gross).toEqual([100n, 100n, 0n])
  })

  it('gives the seconds of a paid minute also when the balance is empty', () => {
    const card = madeCard({ available: 100n })
    expect(rate(card, madeRecord({ kind: 'voice', quantity: 40 })).gross).toBe(100n)
    expect(rate(card, madeRecord({ kind: 'voice', quantity: 30 }))).toMatchObject({
      outcome: 'partly',
      balanceUnits: 20,
      unpaidUnits: 10,
    })
  })
})

describe('buckets', () => {
  it('are used in the order in which they end, the plan among them', () => {
    const soon = madeBucket('data', 10, noon + day)
    const late = madeBucket('data', 10, noon + 9 * day)
    const card = madeCard({ ...left(10), buckets: [soon, late], expiresAt: noon + 3 * day, available: 0n })
    rate(card, madeRecord({ quantity: 15 }))
    expect([soon.left, card.left.data, late.left]).toEqual([0, 5, 10])
    rate(card, madeRecord({ quantity: 10 }))
    expect([soon.left, card.left.data, late.left]).toEqual([0, 0, 5])
  })

  it('are not used after their end, nor for another kind', () => {
    const buckets = [madeBucket('data', 10, noon), madeBucket('sms', 10, noon + day)]
    expect(rate(madeCard({ buckets }), madeRecord())).toMatchObject({ outcome: 'charged', bucketUnits: 0 })
  })

  it('of a plan that counts by day give so much on each day of the zone', () => {
    const card = madeCard({ ...left(100), rules: { ...rules, dailyDataMb: 40 }, available: 0n })
    const at = (usedAt: string, quantity: number) =>
      rate(card, madeRecord({ usedAt: Date.parse(usedAt), quantity }))
    expect(at('2026-11-22T14:59:59Z', 50)).toMatchObject({ outcome: 'partly', bucketUnits: 40 })
    // 15:00 UTC is the next day in Tokyo; a late record of the first day finds that day used up.
    expect(at('2026-11-22T15:00:00Z', 30)).toMatchObject({ outcome: 'from_bucket' })
    expect(at('2026-11-22T10:00:00Z', 1)).toMatchObject({ outcome: 'dry' })
    expect(card.dry).toMatchObject({ until: Date.parse('2026-11-22T15:00:00Z') })
  })
})

describe('the first use', () => {
  const unused = () => madeCard({ ...left(100), activatedAt: null, expiresAt: noon + 90 * day })

  it('activates the card; its day, by the clock of the zone, is the first', () => {
    const card = unused()
    rate(card, madeRecord({ usedAt: Date.parse('2026-11-22T14:59:59Z') }))
    expect(new Date(card.expiresAt).toISOString()).toBe('2026-11-24T15:00:00.000Z')
    expect(card).toMatchObject({ activatedZone: 'JP', changed: { card: true } })
  })

  it('counts days that were bought before it, and moves back when an earlier use is reported', () => {
    const card = { ...unused(), moreDays: 2 }
    rate(card, madeRecord({ usedAt: Date.parse('2026-11-22T15:00:00Z') }))
    rate(card, madeRecord({ usedAt: Date.parse('2026-11-22T14:00:00Z') }))
    expect(new Date(card.expiresAt).toISOString()).toBe('2026-11-26T15:00:00.000Z')
    expect(new Date(card.activatedAt!).toISOString()).toBe('2026-11-22T14:00:00.000Z')
  })

  it('moves nothing where the card came activated', () => {
    const card = madeCard({ ...left(5), activatedAt: noon })
    rate(card, madeRecord({ usedAt: noon - day }))
    expect(card.activatedAt).toBe(noon)
  })

  it('outside its zone activates nothing', () => {
    const card = unused()
    rate(card, madeRecord({ zone: 'EU' }))
    expect(card.activatedAt).toBeNull()
  })

  it('falls on days of 23 and 25 hours too', () => {
    const berlin = { ...rules, zone: 'EU', timeZone: 'Europe/Berlin', days: 1 }
    const ends = (usedAt: string) => {
      const card = { ...unused(), rules: berlin }
      rate(card, madeRecord({ zone: 'EU', usedAt: Date.parse(usedAt) }))
      return new Date(card.expiresAt).toISOString()
    }
    expect(ends('2026-03-29T00:30:00Z')).toBe('2026-03-29T22:00:00.000Z')
    expect(ends('2026-10-25T00:30:00Z')).toBe('2026-10-25T23:00:00.000Z')
  })
})

describe('a card is dry', () => {
  const dry = (card: CardState, record: Partial<UsageRecord> = {}) => {
    rate(card, madeRecord(record))
    return card.dry !== null
  }
  it.each([
    ['when something is not covered', madeCard({ available: 0n }), {}, true],
    ['when nothing more could be', madeCard({ ...left(1), available: 29n }), {}, true],
    ['not while the balance pays a unit', madeCard({ ...left(1), available: 30n }), {}, false],
    ['not while another kind is left', madeCard({ ...left(1, 0, 1), available: 0n }), {}, false],
    [
      'not while a bucket is left',
      madeCard({ ...left(1), available: 0n, buckets: [madeBucket('sms', 1, noon + day)] }),
      {},
      false,
    ],
  ] as const)('%s', (_, card, record, expected) => expect(dry(card, record)).toBe(expected))
})

describe('any order of the same records', () => {
  const one = fc.record({
    kind: fc.constantFrom('data' as const, 'voice' as const, 'sms' as const),
    quantity: fc.integer({ min: 1, max: 200 }),
    usedAt: fc.integer({ min: noon, max: noon + 2 * day }),
  })
  const history = fc.record({
    records: fc.array(one, { minLength: 1, maxLength: 14 }),
    data: fc.integer({ min: 0, max: 400 }),
    voice: fc.integer({ min: 0, max: 400 }),
    end: fc.integer({ min: noon, max: noon + 2 * day }),
    balance: fc.bigInt({ min: 0n, max: 40_000n }),
    rateBp: fc.constantFrom(0, 600, 1900),
  })
  const books = (card: CardState, records: UsageRecord[]) => {
    const rated = records.map((record) => rate(card, record))
    const sum = (pick: (r: (typeof rated)[number]) => bigint) => rated.reduce((all, r) => all + pick(r), 0n)
    const { left: plan, buckets, available, voiceOverS } = card
    const kept = { plan, buckets: buckets.map((bucket) => bucket.left), available, voiceOverS }
    return { kept, gross: sum((r) => r.gross), tax: sum((r) => r.tax), rated }
  }
  const start = (h: { data: number; voice: number; end: number; balance: bigint; rateBp: number }) =>
    madeCard({
      ...left(h.data, h.voice, 2),
      buckets: [madeBucket('data', 60, h.end), madeBucket('voice', 90, h.end)],
      available: h.balance,
      rules: { ...rules, rateBp: h.rateBp },
    })

  it('comes to the same books while the balance lasts; tax is the tax in the sum', () => {
    const act = fc.tuple(history, fc.infiniteStream(fc.nat()))
    fc.assert(
      fc.property(act, ([h, dice]) => {
        const records = h.records.map((r) => madeRecord(r))
        const shuffled = records
          .map((record) => ({ record, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ record }) => record)
        const rich = { ...h, balance: 10_000_000n }
        const a = books(start(rich), records)
        const b = books(start(rich), shuffled)
        expect({ ...b, rated: 0 }).toEqual({ ...a, rated: 0 })
        expect(a.tax).toBe(splitTax(a.gross, h.rateBp).tax)
      }),
      { seed: 11, numRuns: 300 },
    )
  })

  it('of one kind comes to the same books also when the card runs dry', () => {
    fc.assert(
      fc.property(history, (h) => {
        const records = h.records.map((r) => madeRecord({ ...r, kind: 'voice' }))
        const a = books(start(h), records)
        const b = books(start(h), records.toReversed())
        expect({ ...b, rated: 0 }).toEqual({ ...a, rated: 0 })
      }),
      { seed: 12, numRuns: 300 },
    )
  })

  it('loses no unit and takes no more than there is', () => {
    fc.assert(
      fc.property(history, (h) => {
        const card = start(h)
        const records = h.records.map((r) => madeRecord(r))
        const { rated, gross } = books(card, records)
        rated.forEach((r, at) =>
          expect(r.bucketUnits + r.balanceUnits + r.unpaidUnits).toBe(records[at]!.quantity),
        )
        expect(card.available >= 0n).toBe(true)
        expect(card.available + gross).toBe(h.balance)
        for (const r of rated) expect(r.tax >= 0n && r.tax <= r.gross).toBe(true)
      }),
      { seed: 13, numRuns: 300 },
    )
  })
})
