import { z } from 'zod'
import { moneyPolicySchema } from './money-rules.ts'

const wording = z.object({ 'zh-CN': z.string().min(1), en: z.string().min(1) })

/** A legal clock: so many days from the declaration, of which kind, on which ground. */
const clock = z.object({
  days: z.number().int().positive(),
  kind: z.enum(['calendar', 'working']),
  what: wording,
  basis: z.string().min(1),
  /** False until someone has checked the text of the law; then it is never shown as certain. */
  verified: z.boolean(),
})

const retention = z.object({
  what: wording,
  ground: wording,
  basis: z.string().min(1),
  years: z.number().int().positive(),
  from: z.enum(['end_of_year', 'closure']),
  verified: z.boolean(),
})

/** A tax on what is sold; the first whose zones fit (or that names none) holds. */
const tax = z.object({
  zones: z.array(z.string()).optional(),
  /** Basis points: 1900 is 19 %. Prices are said with tax. */
  rate_bp: z.number().int().min(0).max(5000),
  name: wording,
  basis: z.string().min(1),
  verified: z.boolean(),
})

/** Words that a law prescribes for the way to a declaration and for its button, in that law's language. */
const labels = z.object({
  lang: z.string(),
  start: z.string(),
  declare: z.string(),
  basis: z.string(),
  verified: z.boolean(),
})

/** The right to withdraw from a distance contract (Directive 2011/83/EU Art. 9), where the law gives one. */
const withdrawal = z.object({
  /** Calendar days after the day of the purchase; a last day that is none of work moves to the next that is. */
  days: z.number().int().positive(),
  /** ISO 3166-1 alpha-2: where it holds of the countries that this file is for; all of them unless told. */
  countries: z.array(z.string().regex(/^[A-Z]{2}$/)).optional(),
  labels: labels.optional(),
  basis: z.string().min(1),
  verified: z.boolean(),
})

/** Before money had rules of its own, a balance went back whole and nothing lapsed. */
const money_before = {
  at_expiry: { kind: 'keep' as const, days: 3650 },
  unused_plan: 'nothing' as const,
  closing_fee: {},
  payout_order: 'newest_first' as const,
  minimum_payout: {},
  closing_fee_cap: {},
  balance_is_refundable: true,
  basis: 'no rule yet',
  verified: false,
}

/** The shortest time in which a bill can still be contested in most of Europe, until a file says otherwise. */
const usage_details_before = { days: 183, basis: '§ 10(3) TDDDG: six months from the bill', verified: false }

/** Before files said so: a refund shows on a statement within a month, and then nobody has anything to ask. */
const guest_details_before = {
  undelivered_days: 30,
  delivered: {
    ground: {
      'zh-CN': '履行合同：卡、账单与退款都发往此地址',
      en: 'the contract: card, bill and refund are sent to it',
    },
    until: { 'zh-CN': '账户注销为止', en: 'until the account is closed' },
    basis: 'GDPR Art. 6(1)(b)',
  },
  verified: false,
}

/** Before files said so: our own, for the law's three years of most places begin at the end of the year at the latest. */
const unclaimed_before = { kept_after_days: 60, claim_years: 3, basis: 'LEB default', verified: false }

export const policySchema = z.object({
  id: z.string().regex(/^[A-Z]{2}$|^default$/),
  /** Printed on slips and pinned by closures; a file that was in force is never edited, a new one follows it. */
  version: z.string().regex(/^[a-z]+-\d{4}-\d{2}-\d{2}$/),
  effective_from: z.iso.date(),
  time_zone: z.string(),
  acts: z.record(z.enum(['terminate', 'withdraw', 'refund', 'erase']), z.array(clock)),
  withdrawal: withdrawal.optional(),
  /** LEB's own promise, kept whatever the law allows. */
  promise_hours: z.number().int().positive(),
  undo_window_minutes: z.number().int().min(0),
  /** A paid order that is held up on the issuer's side for longer goes back by itself; two days before files said so. */
  deliver_within_hours: z.number().int().positive().default(48),
  refund_arrives_days: z.number().int().positive(),
  retention: z.array(retention).min(1),
  /** How long a record of use says where and when; after that it says a month and what was charged. */
  usage_details: z
    .object({ days: z.number().int().positive(), basis: z.string().min(1), verified: z.boolean() })
    .default(usage_details_before),
  /** An address that somebody ordered with: when it goes if nothing was delivered, and why it stays if something was. */
  guest_details: z
    .object({
      undelivered_days: z.number().int().positive(),
      delivered: z.object({ ground: wording, until: wording, basis: z.string().min(1) }),
      verified: z.boolean(),
    })
    .default(guest_details_before),
  /**
   * Money of a closure that can't go back the way it came and whose holder names no account: after so many days from the
   * declaration it is kept for them and the closure ends; for so many years from the end of that year, at least, it is
   * paid when they ask.
   */
  unclaimed: z
    .object({
      kept_after_days: z.number().int().positive(),
      claim_years: z.number().int().positive(),
      basis: z.string().min(1),
      verified: z.boolean(),
    })
    .default(unclaimed_before),
  verification: z.array(z.enum(['email_code'])).min(1),
  appeal: wording,
  /** The law's own words for closing (§ 312k BGB). */
  labels: labels.optional(),
  money: moneyPolicySchema.default(money_before),
  tax: z.array(tax).default([]),
  working_days: z.object({
    weekend: z.array(z.number().int().min(1).max(7)),
    holidays: z.array(z.iso.date()),
    /** Days of a weekend that were declared working days. */
    worked_weekends: z.array(z.iso.date()),
    basis: z.string(),
    verified: z.boolean(),
  }),
})

export type Policy = z.infer<typeof policySchema>
export type PolicyTax = z.infer<typeof tax>
export type PolicyClock = z.infer<typeof clock>
export type LawLabels = z.infer<typeof labels>
export type WithdrawalRule = z.infer<typeof withdrawal>
export type ActClocks = Policy['acts']
