import { z } from 'zod'

const amounts = z.record(
  z.string().regex(/^[A-Z]{3}$/),
  z.string().regex(/^\d{1,18}$/, 'takes minor units as digits in quotes, such as "1250" for 12.50'),
)

/** What happens to money that is left when a card expires. Never silent: it is told before and stands on the statement. */
const atExpiry = z.discriminatedUnion('kind', [
  /** It becomes the issuer's (breakage). */
  z.object({ kind: z.literal('lapse') }),
  /** It stays the holder's so many days; then it becomes the issuer's. */
  z.object({ kind: z.literal('keep'), days: z.number().int().min(1).max(3660) }),
  /** The card is closed and it goes back by itself. */
  z.object({ kind: z.literal('refund') }),
])

const rules = z.object({
  at_expiry: atExpiry,
  /** What closing gives back of a plan that is not used up. */
  unused_plan: z.enum(['nothing', 'by_day', 'by_use']),
  /** Minor units by currency; a currency that is not named has no fee. */
  closing_fee: amounts,
  /** Of several payments, which is given back first. */
  payout_order: z.enum(['oldest_first', 'newest_first']),
  /** Below this nothing is sent by itself; it is paid when the holder asks. By currency, none where not named. */
  minimum_payout: amounts,
  /** How long a voucher is good that a holder asked for instead of money; three years where nothing is said. */
  voucher_days: z.number().int().min(365).max(3660).optional(),
})

/** A jurisdiction's part: its defaults, and how far an issuer may go from them. */
export const moneyPolicySchema = rules.extend({
  /** The most an issuer may keep; no fee at all in a currency that is not named. */
  closing_fee_cap: amounts,
  /** True where the law gives the balance back at the end: an issuer can't let it lapse, or sooner than is said here. */
  balance_is_refundable: z.boolean(),
  basis: z.string().min(1),
  verified: z.boolean(),
})

/** An issuer's own, over its jurisdiction's. */
export const issuerMoneySchema = rules.partial()

export type MoneyRules = z.infer<typeof rules> & {
  /** Of a withdrawal (policy/withdrawal.ts): all goes back but what was provided, at least. */
  withdrawn?: boolean | undefined
}
export type MoneyPolicy = z.infer<typeof moneyPolicySchema>
export type IssuerMoney = z.infer<typeof issuerMoneySchema>

/** The rules that hold for one card: the issuer's, as far as the jurisdiction lets them. */
export function moneyRules(policy: MoneyPolicy, issuer: IssuerMoney): MoneyRules {
  const wanted = { ...policy, ...dropUndefined(issuer) }
  const takesAway = daysLeft(wanted.at_expiry) < daysLeft(policy.at_expiry) && policy.balance_is_refundable
  return {
    at_expiry: takesAway ? policy.at_expiry : wanted.at_expiry,
    // Where the law gives a share back, it also says which.
    unused_plan: policy.unused_plan === 'nothing' ? wanted.unused_plan : policy.unused_plan,
    closing_fee: capped(wanted.closing_fee, policy.closing_fee_cap),
    payout_order: wanted.payout_order,
    minimum_payout: wanted.minimum_payout,
    voucher_days: wanted.voucher_days,
  }
}

/** For how many days after the end the money is still the holder's. */
function daysLeft(rule: MoneyRules['at_expiry']): number {
  if (rule.kind === 'keep') return rule.days
  return rule.kind === 'refund' ? Infinity : 0
}

function capped(fees: Record<string, string>, caps: Record<string, string>): Record<string, string> {
  const least = (fee: string, cap: string) => (BigInt(fee) < BigInt(cap) ? fee : cap)
  return Object.fromEntries(
    Object.entries(fees).flatMap(([currency, fee]) => {
      const cap = caps[currency]
      return cap === undefined ? [] : [[currency, least(fee, cap)]]
    }),
  )
}

function dropUndefined(issuer: IssuerMoney): Partial<MoneyRules> {
  return Object.fromEntries(Object.entries(issuer).filter(([, value]) => value !== undefined))
}
