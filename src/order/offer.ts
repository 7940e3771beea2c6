import { invoicingLacks } from '../invoice/seller.ts'
import { termsAt } from '../invoice/terms.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { moneyRules } from '../policy/money-rules.ts'
import { policyFor } from '../policy/policy.ts'
import { withdrawableUntil, withdrawalRule } from '../policy/withdrawal.ts'
import { type Quote, quote, type Wanted } from './quote.ts'

type Terms = NonNullable<Awaited<ReturnType<typeof termsAt>>>

/** What is offered to somebody: the price with its tax, and the terms that it is sold under. */
export type Offer = { price: Quote; terms: Terms }

/**
 * The one offer that the checkout page shows, the API quotes and an order pins. Throws those of quote, and Refusal
 * order/not_selling: before any money, since an issuer without terms, or that can't invoice, can't sell.
 */
export async function readOffer(
  tx: Tx,
  input: { issuer: Issuer; wanted: Wanted; jurisdiction: string; now: Date },
): Promise<Offer> {
  const { issuer, now } = input
  const price = await quote(tx, input)
  const terms = await termsAt(tx, issuer.issuerId, now)
  const lacks = invoicingLacks(issuer, { taxed: price.taxRule.rateBp > 0 })
  if (!terms || lacks.length > 0) throw new Refusal('order/not_selling')
  return { price, terms }
}

/** The rules that somebody who lives in `jurisdiction` buys under: the very ones that closing is reckoned by. */
export function saleRules({
  issuer,
  jurisdiction,
  now,
}: {
  issuer: Issuer
  jurisdiction: string
  now: Date
}) {
  const policy = policyFor(jurisdiction, now)
  return {
    /** What happens to what is left, and what closing pays. */
    money: moneyRules(policy.money, issuer.rules.money),
    ground: { basis: policy.money.basis, verified: policy.money.verified },
    /** Undefined where the law gives no right to withdraw. */
    withdrawal: withdrawalRule(policy, jurisdiction),
    /** Of what is bought now. */
    withdrawableUntil: withdrawableUntil(policy, jurisdiction, now),
    /** Calendar days from the day on which money is sent back. */
    refundArrivesDays: policy.refund_arrives_days,
  }
}
