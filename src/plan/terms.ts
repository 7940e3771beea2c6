import { z } from 'zod'

/** Minor units as text, by ISO 4217 code: `{"EUR": "1990", "JPY": "3200"}`. */
const minorWords = 'takes minor units as digits in quotes, such as "1250" for 12.50'
const amounts = z.record(z.string().regex(/^[A-Z]{3}$/), z.string().regex(/^\d{1,18}$/, minorWords))
const wording = z.object({ 'zh-CN': z.string().min(1), en: z.string().min(1) })
const buckets = {
  data_mb: z.number().int().min(0).max(100_000_000),
  voice_s: z.number().int().min(0).max(100_000_000),
  sms: z.number().int().min(0).max(1_000_000),
}

/**
 * What use beyond the bucket costs: minor units a unit of `per` (1 MB, 60 s, 1 SMS), tax included. A part of a unit
 * is rounded up to whole units before it is priced.
 */
const tariff = z.object({
  data: z.object({ per_mb: amounts }).optional(),
  voice: z.object({ per_minute: amounts }).optional(),
  sms: z.object({ per_sms: amounts }).optional(),
})

/** Where a plan works: a name, its countries (ISO 3166-1), the IANA time zone in which its days begin, its tariff. */
const zone = z.object({
  code: z.string().min(2).max(20),
  name: wording,
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/, 'takes the ISO 3166 code of a country, such as DE'))
    .min(1),
  time_zone: z.string(),
  tariff,
})

const planTerms = z.object({
  name: wording,
  /** Days from activation; the day of activation is the first. */
  days: z.number().int().min(1).max(365),
  /** Days after the sale by which an unused card must be activated. */
  activate_within_days: z.number().int().min(1).max(730),
  zones: z.array(zone).min(1),
  ...buckets,
  /** At most so much of the plan's data on one day of the zone's clock; without it the days don't matter. */
  daily_data_mb: z.number().int().min(1).max(100_000_000).optional(),
  /** Balance that the card starts with, part of its price. */
  balance: amounts.default({}),
  /** What it costs, tax included. */
  prices: amounts,
})

const addOnTerms = z.object({
  name: wording,
  ...buckets,
  /** Days that the card lives longer. */
  more_days: z.number().int().min(0).max(365),
  /** Days after which its bucket lapses; never later than the card. */
  valid_days: z.number().int().min(1).max(365),
  prices: amounts,
})

export type PlanTerms = z.infer<typeof planTerms>
export type AddOnTerms = z.infer<typeof addOnTerms>
export type PlanZone = PlanTerms['zones'][number]
export const planTermsSchema = planTerms
export const addOnTermsSchema = addOnTerms
