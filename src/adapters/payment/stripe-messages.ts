import { z } from 'zod'

/** The package's types promise more than a broken answer keeps, so what we rely on is checked here. */
export const paymentIntent = z.object({
  id: z.string().min(1).max(255),
  object: z.literal('payment_intent'),
  currency: z.string().length(3),
  amount_received: z.int().min(0),
})

export const refund = z.object({
  id: z.string().min(1).max(255),
  object: z.literal('refund'),
  amount: z.int().min(0),
  currency: z.string().length(3),
  status: z.string().max(60).nullable(),
  created: z.int().min(0),
  failure_reason: z
    .string()
    .regex(/^[a-z_]{1,60}$/)
    .optional()
    .catch(undefined),
  metadata: z.record(z.string(), z.string()).nullable().optional(),
})
export type StripeRefund = z.infer<typeof refund>

export const refundList = z.object({ data: z.array(refund).max(100), has_more: z.boolean() })
