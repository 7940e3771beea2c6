import fc from 'fast-check'
import { expect, it } from 'vitest'
import { planPayouts, type Refundable } from './plan-payouts.ts'
import { settlementEntries, type SettlementFacts, settlementOf } from './settlement.ts'
import { type Sale, unusedOf } from './unused-share.ts'

const rules: SettlementFacts['rules'] = {
  at_expiry: { kind: 'keep', days: 365 },
  unused_plan: 'nothing',
  closing_fee: {},
  payout_order: 'newest_first',
  minimum_payout: {},
}
const payment = (
  paymentId: string,
  room: bigint,
  day: string,
  more: Partial<Refundable> = {},
): Refundable => ({
  paymentId,
  ref: `pi_${paymentId}`,
  provider: 'stripe',
  currency: 'EUR',
  receivedAt: new Date(`2026-11-${day}T00:00:00Z`),
  room,
  step: 1n,
  ...more,
})
const plan: Sale = {
  orderId: 'o1',
  kind: 'plan',
  code: 'LEB3',
  gross: 1190n,
  rateBp: 1900,
  unearned: 1000n,
  days: { left: 2n, of: 3n },
  use: [
    { left: 512n, of: 1024n },
    { left: 0n, of: 600n },
  ],
}
const facts = (change: Partial<SettlementFacts> = {}): SettlementFacts => ({
  currency: 'EUR',
  balance: 500n,
  sales: [plan],
  payments: [payment('p1', 2000n, '01')],
  rules,
  voucher: false,
  chargedBack: 0n,
  takenWhileSetAside: 0n,
  ...change,
})

it('gives the unused share back by day, with its tax, and earns the rest', () => {
  expect(unusedOf(plan, { unused_plan: 'by_day' })).toEqual({
    gross: 793n,
    net: 666n,
    tax: 127n,
    earned: 334n,
  })
  const settled = settlementOf(facts({ rules: { ...rules, unused_plan: 'by_day' } }))
  expect(settled.lines).toEqual([
    { kind: 'balance', amount: 500n },
    { kind: 'unused', amount: 793n, tax: 127n, code: 'LEB3', orderId: 'o1' },
  ])
  expect(settled.total).toBe(1293n)
  expect(settlementEntries(settled)).toEqual([
    { account: 'card', amount: -500n },
    { account: 'deferred_revenue', amount: -1000n },
    { account: 'tax_payable', amount: -127n },
    { account: 'revenue', amount: 334n },
    { account: 'refunds_payable', amount: 1293n },
  ])
})

it('weighs each kind of use the same, and goes by day where nothing was counted', () => {
  expect(unusedOf(plan, { unused_plan: 'by_use' }).gross).toBe(298n) // (1/2 + 0) / 2 of 11.90, half up
  expect(unusedOf({ ...plan, use: [] }, { unused_plan: 'by_use' }).gross).toBe(793n)
})

it('gives nothing back once more that a payer’s bank has, and leaves a balance alone that was put on since', () => {
  const by_day = { ...rules, unused_plan: 'by_day' as const }
  const settled = settlementOf(facts({ rules: by_day, chargedBack: 600n }))
  expect(settled.lines.at(-1)).toEqual({ kind: 'charged_back', amount: -600n })
  expect(settled.total).toBe(693n)
  expect(settlementEntries(settled)).toContainEqual({ account: 'chargebacks', amount: 600n })
  expect(settlementOf(facts({ rules: by_day, chargedBack: 5000n })).total).toBe(500n)
  expect(settlementOf(facts({ chargedBack: 5000n })).lines).toEqual([{ kind: 'balance', amount: 500n }])
  // What was set aside when it was taken back has borne nothing of it.
  expect(settlementOf(facts({ chargedBack: 5000n, takenWhileSetAside: 300n })).total).toBe(200n)
})

it('of a withdrawal keeps the days of a plan that had begun and what was used of an add-on, and no more', () => {
  const withdrawn = (unused_plan: 'nothing' | 'by_use', sale = plan) =>
    unusedOf(sale, { unused_plan, withdrawn: true }).gross
  expect(withdrawn('nothing')).toBe(793n) // 2 of 3 days
  expect(withdrawn('nothing', { ...plan, kind: 'add_on' })).toBe(298n)
  // An add-on that is used up was provided, however many days it would have been good.
  const used_up = [{ left: 0n, of: 1024n }]
  expect(withdrawn('nothing', { ...plan, kind: 'add_on', use: used_up })).toBe(0n)
  // Days that were bought have nothing to be used up.
  expect(withdrawn('nothing', { ...plan, kind: 'add_on', use: [] })).toBe(793n)
  // No less than closing pays.
  const last_day = { left: 0n, of: 3n }
  expect(withdrawn('by_use', { ...plan, days: last_day })).toBe(298n)
})

it('never gives back what is earned already', () => {
  const most = unusedOf({ ...plan, unearned: 100n }, { unused_plan: 'by_day' })
  expect(most).toEqual({ gross: 119n, net: 100n, tax: 19n, earned: 0n })
  expect(unusedOf({ ...plan, unearned: 0n }, { unused_plan: 'by_day' }).gross).toBe(0n)
})

it('takes the unused share of an imported card from what it brought', () => {
  const imported = { ...plan, orderId: null, unearned: 1190n, rateBp: 0 }
  const settled = settlementOf(facts({ sales: [imported], rules: { ...rules, unused_plan: 'by_day' } }))
  expect(settlementEntries(settled)).toEqual([
    { account: 'card', amount: -500n },
    { account: 'opening', amount: -793n },
    { account: 'refunds_payable', amount: 1293n },
  ])
})

it('keeps a fee no larger than what there is, so that nobody ever owes for closing', () => {
  const fee = { closing_fee: { EUR: '700' } }
  const settled = settlementOf(facts({ sales: [], rules: { ...rules, ...fee } }))
  expect(settled.total).toBe(0n)
  expect(settled.parts).toEqual([{ route: 'nothing', paymentId: null, amount: 0n }])
  expect(settlementEntries(settled)).toEqual([
    { account: 'card', amount: -500n },
    { account: 'fees', amount: 500n },
  ])
})

it('pays several payments back in the order the rules say, each up to its room, the rest by transfer', () => {
  const payments = [
    payment('old', 300n, '01'),
    payment('bank', 900n, '02', { provider: 'bank' }),
    payment('other', 900n, '03', { currency: 'USD' }),
    payment('spent', 0n, '04'),
    payment('new', 400n, '05'),
  ]
  const wish = { total: 1000n, currency: 'EUR', payments, minimum: 0n, voucher: false }
  const rest = { route: 'bank_transfer', paymentId: null, amount: 300n }
  const old = { route: 'original_payment', paymentId: 'old', amount: 300n }
  const recent = { route: 'original_payment', paymentId: 'new', amount: 400n }
  expect(planPayouts({ ...wish, order: 'newest_first' })).toEqual([recent, old, rest])
  expect(planPayouts({ ...wish, order: 'oldest_first' })).toEqual([old, recent, rest])
  expect(planPayouts({ ...wish, order: 'newest_first', total: 100n })).toEqual([{ ...recent, amount: 100n }])
})

it('sends no payment what its provider can not carry: the last digit is kept for its holder', () => {
  const payments = [
    payment('new', 3_005n, '05', { step: 10n }),
    payment('old', 9_000n, '01', { step: 10n }),
    payment('crumbs', 9n, '02', { step: 10n }),
  ]
  const wish = { currency: 'EUR', payments, order: 'newest_first', minimum: 0n, voucher: false } as const
  const recent = { route: 'original_payment', paymentId: 'new', amount: 3_000n }
  const old = { route: 'original_payment', paymentId: 'old', amount: 3_910n }
  const last = { route: 'kept', paymentId: null, amount: 5n }
  expect(planPayouts({ ...wish, total: 6_915n })).toEqual([recent, old, last])
  expect(planPayouts({ ...wish, total: 5n })).toEqual([last])
  // More than a last digit is sent, whatever the least is.
  const more = { ...last, route: 'bank_transfer', amount: 15n }
  expect(planPayouts({ ...wish, total: 12_015n, minimum: 400n }).at(-1)).toEqual(more)
})

it('keeps what is below the minimum, and gives a voucher only to those who asked', () => {
  const rule = { ...rules, minimum_payout: { EUR: '501' } }
  expect(settlementOf(facts({ rules: rule })).parts).toEqual([
    { route: 'kept', paymentId: null, amount: 500n },
  ])
  expect(settlementOf(facts({ rules: rule, voucher: true })).parts).toEqual([
    { route: 'voucher', paymentId: null, amount: 500n },
  ])
})

const money = fc.bigInt(0n, 2_000_000n)
const left = fc
  .tuple(fc.bigInt(0n, 40_000n), fc.bigInt(0n, 40_000n))
  .map(([a, b]) => ({ left: a < b ? a : b, of: a < b ? b : a }))
const anySale = fc.record({
  orderId: fc.option(fc.uuid(), { nil: null }),
  kind: fc.constantFrom('plan' as const, 'add_on' as const),
  code: fc.constant('LEB3'),
  gross: money,
  rateBp: fc.integer({ min: 0, max: 5000 }),
  unearned: money,
  days: left,
  use: fc.array(left, { maxLength: 3 }),
})
const anyFacts: fc.Arbitrary<SettlementFacts> = fc
  .record({
    currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
    balance: money,
    sales: fc.array(anySale, { maxLength: 4 }),
    payments: fc.array(
      fc.record({
        paymentId: fc.uuid(),
        ref: fc.constant('pi_1'),
        provider: fc.constantFrom('stripe', 'bank', 'voucher'),
        currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
        receivedAt: fc.integer({ min: 0, max: 1e9 }).map((at) => new Date(at * 1000)),
        room: fc.bigInt(-50n, 2_000_000n),
        step: fc.constantFrom(1n, 10n, 100n),
      }),
      { maxLength: 5 },
    ),
    rules: fc.record({
      at_expiry: fc.constant(rules.at_expiry),
      unused_plan: fc.constantFrom('nothing' as const, 'by_day' as const, 'by_use' as const),
      closing_fee: fc.dictionary(fc.constantFrom('EUR', 'JPY'), fc.nat(900_000).map(String)),
      payout_order: fc.constantFrom('oldest_first' as const, 'newest_first' as const),
      minimum_payout: fc.dictionary(fc.constantFrom('EUR', 'JPY'), fc.nat(900_000).map(String)),
      withdrawn: fc.constantFrom(true as const, undefined),
    }),
    voucher: fc.boolean(),
    chargedBack: fc.oneof(fc.constant(0n), money),
    setAside: fc.nat(100),
  })
  .map(({ setAside, ...any }) => ({ ...any, takenWhileSetAside: (any.balance * BigInt(setAside)) / 100n }))

it('conserves every minor unit and gives no payment back more than is left of it, whatever happened before', () => {
  fc.assert(
    fc.property(anyFacts, (any) => {
      const settled = settlementOf(any)
      const sum = (amounts: { amount: bigint }[]) => amounts.reduce((all, { amount }) => all + amount, 0n)
      expect(settled.total).toBe(sum(settled.lines))
      expect(settled.total >= 0n).toBe(true)
      expect(sum(settled.parts)).toBe(settled.total)
      expect(sum(settlementEntries(settled))).toBe(0n)
      for (const part of settled.parts) {
        if (part.route !== 'original_payment') continue
        const paid = any.payments.find((one) => one.paymentId === part.paymentId)!
        expect(paid).toMatchObject({ provider: 'stripe', currency: any.currency })
        expect(part.amount > 0n && part.amount <= paid.room).toBe(true)
        expect(part.amount % paid.step).toBe(0n)
      }
      for (const sale of any.sales) {
        const unused = unusedOf(sale, any.rules)
        expect(unused.net + unused.earned).toBe(sale.unearned)
        expect(unused.gross <= sale.gross && unused.net >= 0n && unused.tax >= 0n).toBe(true)
      }
      expect(settled.parts.some(({ route }) => route === 'voucher')).toBe(any.voucher && settled.total > 0n)
    }),
    { seed: 20261122, numRuns: 1000 },
  )
})
