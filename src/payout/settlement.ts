import type { HouseAccount } from '../ledger/accounts.ts'
import { assert } from '../platform/errors.ts'
import type { MoneyRules } from '../policy/money-rules.ts'
import { type PlannedPart, planPayouts, type Refundable } from './plan-payouts.ts'
import { type Sale, unusedOf } from './unused-share.ts'

/** All that decides what closing a card pays. Minor units of `currency`; read by read-settlement-facts.ts. */
export type SettlementFacts = {
  currency: string
  balance: bigint
  sales: Sale[]
  payments: Refundable[]
  rules: MoneyRules
  /** True only when the holder asked for a voucher instead of money. */
  voucher: boolean
  /** Taken back by payers' banks and not borne by the balance: the house's loss so far. */
  chargedBack: bigint
  /** Of that, what the balance could not bear because it was set aside for an order, and still is. */
  takenWhileSetAside: bigint
}

export type SettlementLine =
  | { kind: 'balance'; amount: bigint }
  /** Unused share of what was bought; `tax` is the tax in it that is taken back. */
  | { kind: 'unused'; amount: bigint; tax: bigint; code: string; orderId: string | null }
  /** Below 0: what a payer's bank took back is not given back once more. */
  | { kind: 'charged_back'; amount: bigint }
  /** Below 0. */
  | { kind: 'closing_fee'; amount: bigint }

export type Settlement = {
  currency: string
  lines: SettlementLine[]
  /** What the holder gets: the sum of the lines, never below 0. */
  total: bigint
  /** Net of orders that is earned for good with this settlement: they are used up. */
  earned: { orderId: string; net: bigint }[]
  parts: PlannedPart[]
}

/** What closing a card pays and how it goes back. Said before the declaration and posted after it by this function. */
export function settlementOf(facts: SettlementFacts): Settlement {
  const { currency, rules } = facts
  const lines: SettlementLine[] = [{ kind: 'balance', amount: facts.balance }]
  const earned: Settlement['earned'] = []
  for (const sale of facts.sales) {
    const { gross, tax, earned: net } = unusedOf(sale, rules)
    const { orderId, code } = sale
    if (gross > 0n) lines.push({ kind: 'unused', amount: gross, tax, code, orderId })
    if (orderId !== null && net > 0n) earned.push({ orderId, net })
  }
  // A balance has borne it when it was taken back, as far as it went; what was put on it since is its holder's.
  const unused = sumOf(lines) - facts.balance
  const most = unused + facts.takenWhileSetAside
  const borne = facts.chargedBack < most ? facts.chargedBack : most
  if (borne > 0n) lines.push({ kind: 'charged_back', amount: -borne })
  const owed = sumOf(lines)
  const wanted = BigInt(rules.closing_fee[currency] ?? 0)
  const fee = wanted < owed ? wanted : owed
  if (fee > 0n) lines.push({ kind: 'closing_fee', amount: -fee })
  const total = owed - fee
  const parts = planPayouts({
    total,
    currency,
    payments: facts.payments,
    order: rules.payout_order,
    minimum: BigInt(rules.minimum_payout[currency] ?? 0),
    voucher: facts.voucher,
  })
  return { currency, lines, total, earned, parts }
}

const sumOf = (lines: SettlementLine[]) => lines.reduce((sum, line) => sum + line.amount, 0n)

/** `card` is the card's own balance account. */
export type SettlementEntry = { account: HouseAccount | 'card'; amount: bigint }

/** The one posting of a settlement (docs/adr/0011, "closing settles"): adds up to 0, no entry of 0. */
export function settlementEntries(settlement: Settlement): SettlementEntry[] {
  const sums = new Map<SettlementEntry['account'], bigint>()
  const add = (account: SettlementEntry['account'], amount: bigint) =>
    sums.set(account, (sums.get(account) ?? 0n) + amount)
  for (const line of settlement.lines) {
    if (line.kind === 'balance') add('card', -line.amount)
    else if (line.kind === 'charged_back') add('chargebacks', -line.amount)
    else if (line.kind === 'closing_fee') add('fees', -line.amount)
    else if (line.orderId === null) add('opening', -line.amount)
    else {
      add('deferred_revenue', -(line.amount - line.tax))
      add('tax_payable', -line.tax)
    }
  }
  for (const { net } of settlement.earned) {
    add('deferred_revenue', -net)
    add('revenue', net)
  }
  add('refunds_payable', settlement.total)
  const entries = [...sums].map(([account, amount]) => ({ account, amount }))
  assert(entries.reduce((sum, { amount }) => sum + amount, 0n) === 0n, 'a settlement adds up to nothing')
  return entries.filter(({ amount }) => amount !== 0n)
}
