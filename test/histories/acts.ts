import fc from 'fast-check'
import type { UsageKind } from '../../src/usage/record.ts'

/** Two and three digits after the point; Stripe carries no last digit of the second. */
export const currencies = ['EUR', 'KWD'] as const
export type Currency = (typeof currencies)[number]
export type PayBy = 'stripe' | 'bank'

export type Use = { card: number; kind: UsageKind; quantity: number; hoursAgo: number; twice: boolean }

/** What may happen. Numbers count among what there is by then; of cards and closures the newest is 0. */
export type Act =
  | { do: 'buy_card'; account: number; currency: Currency; code: string; payBy: PayBy }
  | { do: 'top_up'; card: number; tens: number; payBy: PayBy }
  | { do: 'add_on'; card: number; code: string; payBy: PayBy | 'balance' }
  | { do: 'use'; uses: Use[] }
  | { do: 'close'; card: number; start: 'at_once' | 'after_undo_window'; voucher: boolean }
  | { do: 'close_account'; account: number }
  | { do: 'undo'; closure: number }
  | { do: 'dispute'; payment: number; percent: number }
  | { do: 'judge'; dispute: number; won: boolean }
  | { do: 'wait'; hours: number }
  | { do: 'hold' | 'lose' | 'work' }
  | { do: 'release'; reversed: boolean; copies: number }

const any = fc.nat(99)
const payBy = fc.constantFrom('stripe' as const, 'stripe' as const, 'bank' as const)
const is = <const D extends Act['do']>(name: D) => fc.constant(name)

const buys = {
  do: is('buy_card'),
  account: any,
  currency: fc.constantFrom(...currencies),
  code: fc.constantFrom('LEB3', 'LEB7'),
  payBy,
}
const buyCard = fc.record(buys)
// In tens of minor units, which any provider carries; between the least and the most of either currency.
const topUp = fc.record({ do: is('top_up'), card: any, tens: fc.integer({ min: 50, max: 900 }), payBy })
const code = fc.constantFrom('DATA1G', 'DAYS3', 'MIN30')
const addOn = fc.record({
  do: is('add_on'),
  card: any,
  code,
  payBy: fc.constantFrom('stripe' as const, 'bank' as const, 'balance' as const, 'balance' as const),
})
const oneOf = {
  card: any,
  kind: fc.constantFrom('data' as const, 'data' as const, 'voice' as const, 'sms' as const),
  quantity: fc.integer({ min: 1, max: 1_500 }),
  hoursAgo: fc.constantFrom(0, 1, 5, 30),
  twice: fc.boolean(),
}
const oneUse: fc.Arbitrary<Use> = fc.record(oneOf)
const use = fc.record({ do: is('use'), uses: fc.array(oneUse, { minLength: 1, maxLength: 6 }) })
const closes = {
  do: is('close'),
  card: any,
  start: fc.constantFrom('at_once' as const, 'after_undo_window' as const),
  voucher: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
}
const close = fc.record(closes)
// The newest ones: older ones are mostly past it.
const undo = fc.record({ do: is('undo'), closure: fc.constantFrom(0, 0, 1, 2) })
const dispute = fc.record({ do: is('dispute'), payment: any, percent: fc.constantFrom(100, 100, 35) })
const judge = fc.record({ do: is('judge'), dispute: any, won: fc.boolean() })
const wait = fc.record({ do: is('wait'), hours: fc.constantFrom(1, 1, 9, 80) })
const work = fc.record({ do: is('work') })
const troubled = fc.oneof(
  fc.record({ do: fc.constantFrom('hold' as const, 'lose' as const) }),
  fc.record({ do: is('release'), reversed: fc.boolean(), copies: fc.integer({ min: 1, max: 3 }) }),
)

const further: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: use },
  { weight: 3, arbitrary: work },
  { weight: 2, arbitrary: fc.oneof(topUp, addOn) },
  { weight: 2, arbitrary: fc.oneof(undo, judge) },
  { weight: 1, arbitrary: fc.oneof(dispute, wait, troubled) },
  {
    weight: 2,
    arbitrary: fc.oneof(close, close, buyCard, fc.record({ do: is('close_account'), account: any })),
  },
)

const alone = <A extends Act>(act: fc.Arbitrary<A>) => fc.tuple(act)
// What was paid by transfer is settled, waits for an account to go to, and comes back when somebody thinks again.
const settledAndUndone: fc.Arbitrary<Act[]> = fc.tuple(
  fc.record({ ...buys, payBy: fc.constant('bank' as const) }),
  work,
  fc.record({ ...closes, card: fc.constant(0), start: fc.constant('at_once' as const) }),
  fc.record({ do: is('wait'), hours: fc.constant(1) }),
  work,
  fc.record({ do: is('undo'), closure: fc.constant(0) }),
)
// Used before the line is off, reported after it, and settled on another day.
const usedBeforeTheEnd: fc.Arbitrary<Act[]> = fc.nat(3).chain((card) =>
  fc.tuple(
    fc.record({ ...closes, card: fc.constant(card), start: fc.constant('at_once' as const) }),
    fc.record({
      do: is('use'),
      uses: fc.tuple(fc.record({ ...oneOf, card: fc.constant(card), kind: fc.constant('sms' as const) })),
    }),
    fc.record({ do: is('wait'), hours: fc.constant(30) }),
    work,
  ),
)
// Topped up, and spent on an add-on, before or after a worker has looked at the order.
const boughtFromBalance: fc.Arbitrary<Act[]> = fc.nat(3).chain((card) =>
  fc.tuple(
    fc.record({
      do: is('top_up'),
      card: fc.constant(card),
      tens: fc.constant(600),
      payBy: fc.constant('stripe'),
    }),
    work,
    fc.record({ do: is('add_on'), card: fc.constant(card), code, payBy: fc.constant('balance') }),
  ),
)
const disputeAndJudge = fc.tuple(dispute, work, judge)

// One of each at least, so that no history does without sales, use, top-ups, ends, closures or charge-backs.
const each: fc.Arbitrary<Act[][]> = fc.tuple(
  alone(buyCard),
  alone(topUp),
  alone(topUp),
  alone(use),
  alone(use),
  alone(addOn),
  boughtFromBalance,
  boughtFromBalance,
  usedBeforeTheEnd,
  settledAndUndone,
  alone(undo),
  alone(dispute),
  disputeAndJudge,
  alone(wait),
  alone(work),
)

export const anyHistory: fc.Arbitrary<Act[]> = fc
  .tuple(each, fc.array(alone(further), { minLength: 4, maxLength: 12 }))
  .map((parts): Act[][] => parts.flat())
  .chain((all) => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }))
  .map((parts) => parts.flat())

export type Rules = {
  atExpiry: { kind: 'lapse' } | { kind: 'keep'; days: number } | { kind: 'refund' }
  unusedPlan: 'nothing' | 'by_day' | 'by_use'
  payoutOrder: 'oldest_first' | 'newest_first'
  minimum: string
  fee: string
  drainSeconds: number
}

/** What the issuer keeps and gives back while a history is played. */
export const anyRules: fc.Arbitrary<Rules> = fc.record({
  atExpiry: fc.constantFrom<Rules['atExpiry']>(
    { kind: 'lapse' },
    { kind: 'lapse' },
    { kind: 'keep', days: 1 },
    { kind: 'refund' },
  ),
  unusedPlan: fc.constantFrom('nothing' as const, 'by_day' as const, 'by_use' as const),
  payoutOrder: fc.constantFrom('oldest_first' as const, 'newest_first' as const),
  minimum: fc.constantFrom('0', '400'),
  fee: fc.constantFrom('0', '350'),
  drainSeconds: fc.constantFrom(0, 1800, 1800),
})
