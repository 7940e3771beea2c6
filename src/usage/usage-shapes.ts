import { z } from '@hono/zod-openapi'
import { instant, money } from '../api/shapes.ts'
import { faultWords, largest_quantity, usageKinds } from './record.ts'

export const most_records = 1_000

const base = {
  recordId: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/)
    .openapi({ description: 'yours, unique for the issuer for ever', example: 'cdr-20261122-000417' }),
  kind: z.enum(usageKinds),
  quantity: z.int().min(1).max(largest_quantity).openapi({ description: 'whole MB, seconds or messages' }),
  usedAt: instant,
}
const named = {
  iccid: z
    .string()
    .regex(/^\d{19,20}$/)
    .optional()
    .openapi({ description: 'this or cardId', example: '8999901000000000018' }),
  cardId: z.uuid().optional().openapi({ description: 'this or iccid' }),
}
const placed = {
  zone: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{1,19}$/)
    .optional()
    .openapi({ description: "the plan's zone; this or country", example: 'EU' }),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .openapi({ description: 'visited, ISO 3166-1; this or zone', example: 'JP' }),
}
/** What readRecord (record.ts) checks by hand, as the document tells it. */
export const usageRecordShape = z.strictObject({ ...base, ...named, ...placed }).openapi('UsageRecord')

export const usageBatchShape = z
  .strictObject({ records: z.array(usageRecordShape).min(1).max(most_records) })
  .openapi('UsageBatch')

const outcomes = {
  charged: 'covered, at least a part of it by the balance',
  from_bucket: 'covered by data, minutes or messages that were bought',
  partly: 'covered in part; the card is dry and its line is being cut',
  dry: 'covered by nothing; the card is dry and its line is being cut',
  duplicate:
    'taken in before with the same content; `first` says how it ended, the numbers are those of then',
  key_reused: 'this recordId was used for other content; nothing was done',
  unknown_card: 'the issuer has no such card; nothing was done, it may be sent again',
  out_of_zone: 'used where the card does not work; noted, not charged',
  late: "used in time, reported after the card's money was settled or had lapsed; the house bears it",
  frozen: 'used after the card was frozen for closing; the house bears it',
  closed: 'used after the card was closed; the house bears it',
  expired: "used after the card's last day; the house bears it",
  malformed: 'not a usage record; `fault` and `detail` say why',
}
export const outcomeNames = Object.keys(outcomes) as (keyof typeof outcomes)[]
const known = [
  'charged',
  'from_bucket',
  'partly',
  'dry',
  'out_of_zone',
  'late',
  'frozen',
  'closed',
  'expired',
]
const units = z.int().min(0)

export const usageResultShape = z
  .object({
    recordId: z.string().nullable(),
    outcome: z.enum(outcomeNames).openapi({
      description: Object.entries(outcomes)
        .map(([name, words]) => `\`${name}\`: ${words}`)
        .join('; '),
    }),
    first: z.enum(known).optional().openapi({ description: 'of a duplicate: how it ended then' }),
    fromBucket: units.optional(),
    fromBalance: units.optional(),
    unpaid: units.optional().openapi({ description: 'units that nothing covered' }),
    charged: money.optional(),
    lateUsage: money.optional().openapi({ description: 'what the house bears' }),
    fault: z.enum(Object.keys(faultWords)).optional(),
    detail: z.string().optional(),
  })
  .openapi('UsageResult')
