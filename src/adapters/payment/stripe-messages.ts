import { z } from 'zod'
import { methodDetails } from './stripe-paid-with.ts'

/** The package's types promise more than a broken answer keeps, so what we rely on is checked here. */
export const paymentIntent = z.object({
  id: z.string().min(1).max(255),
  object: z.literal('payment_intent'),
  currency: z.string().length(3),
  amount_received: z.int().min(0),
  latest_charge: z.object({ payment_method_details: methodDetails }).nullish().catch(undefined),
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

const id = z.string().min(1).max(255)
const metadata = z.record(z.string(), z.string()).nullable().optional()
const amount = z.int().min(0)
const currency = z.string().length(3)
const created = z.int().min(0)

/** A payment intent as it is being paid; `latest_charge` says when it was, and with what. */
export const payingIntent = z.object({
  id,
  object: z.literal('payment_intent'),
  status: z.string().max(60),
  amount,
  amount_received: amount,
  currency,
  created,
  metadata,
  latest_charge: z
    .object({ created, payment_method_details: methodDetails })
    .nullable()
    .optional()
    .catch(undefined),
})
export type PayingIntent = z.infer<typeof payingIntent>

const session = { id, object: z.literal('checkout.session'), amount_total: amount, currency, created }

export const openedSession = z.object({ ...session, url: z.url().nullable(), expires_at: z.int().min(0) })

export const checkoutSession = z.object({
  ...session,
  status: z.string().max(60).nullable(),
  payment_intent: payingIntent.nullable(),
  metadata,
})

export const dispute = z.object({
  id,
  object: z.literal('dispute'),
  amount,
  currency,
  created,
  status: z.string().max(60),
  payment_intent: id.nullable(),
})

// What names things at Stripe; anything else would only be somebody trying what we do with it.
const plain = z.string().regex(/^[\w.-]{1,255}$/)

/** What of a webhook event we read: whose it is and what to look at. Everything else in it may be personal. */
export const event = z.object({
  id: plain,
  type: z.string().regex(/^[\w.]{1,120}$/),
  created,
  data: z.object({
    object: z.looseObject({
      // Some have none, such as a balance: none of our business then.
      id: plain.optional().catch(undefined),
      metadata: metadata.catch(undefined),
      // Of a charge or a refund: whose payment it is.
      payment_intent: plain.optional().catch(undefined),
    }),
  }),
})
