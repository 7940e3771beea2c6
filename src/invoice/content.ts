import { z } from 'zod'

/**
 * What an invoice, a credit note or a closing statement says. It is kept with the number; XML and PDF are made of it
 * and of nothing else. No name, address, e-mail or phone of the buyer (docs/adr/0014-invoices-name-no-one.md).
 */

export const wording = z.object({ 'zh-CN': z.string().min(1), en: z.string().min(1) })
/** Minor units as text. */
const minor = z.string().regex(/^-?\d{1,18}$/)
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/)
const country = z.string().regex(/^[A-Z]{2}$/)

export const sellerSchema = z.object({
  /** Tells the seller to the buyer's software (BT-29). */
  id: z.string(),
  /** As it is known to holders, in both languages. */
  name: wording,
  legalName: z.string().min(1),
  street: z.string().optional(),
  postCode: z.string().optional(),
  city: z.string().optional(),
  country,
  vatId: z.string().optional(),
  taxNumber: z.string().optional(),
  registration: z.string().optional(),
  email: z.string(),
})

/** VAT categories of UNTDID 5305 that are used: standard rated, zero rated, exempt, outside the scope of VAT. */
export const taxCategory = z.enum(['S', 'Z', 'E', 'O'])

export const invoiceContent = z.object({
  version: z.literal(1),
  kind: z.enum(['invoice', 'credit_note', 'closing_statement']),
  number: z.string().min(1),
  /** RFC 3339 in the issuer's zone. */
  issuedAt: z.string(),
  /** The issuer's calendar day. */
  day,
  timeZone: z.string(),
  locale: z.enum(['zh-CN', 'en']),
  currency: z.string().regex(/^[A-Z]{3}$/),
  seller: sellerSchema,
  buyer: z.object({ accountRef: z.string().min(1), country }),
  lines: z
    .array(
      z.object({
        text: wording,
        quantity: z.number().int().positive(),
        gross: minor,
        net: minor,
        tax: minor,
        rateBp: z.number().int().min(0),
        /** Missing in papers from before zero rated and exempt were told apart: then its rate says it. */
        category: taxCategory.optional(),
      }),
    )
    .min(1),
  taxes: z.array(
    z.object({
      rateBp: z.number().int().min(0),
      category: taxCategory,
      name: wording,
      /** The legal ground why nothing is charged. */
      reason: z.string().min(1).optional(),
      net: minor,
      tax: minor,
    }),
  ),
  totals: z.object({ net: minor, tax: minor, gross: minor }),
  paidBy: z.enum(['stripe', 'bank', 'voucher', 'balance', 'none']),
  orderNumber: z.string().optional(),
  closureNumber: z.string().optional(),
  /** Last four of the ICCID: which card of the account. */
  cardEnding: z.string().optional(),
  corrects: z.object({ number: z.string(), day: day.optional() }).optional(),
})

export type InvoiceContent = z.infer<typeof invoiceContent>
export type Seller = z.infer<typeof sellerSchema>
export type TaxCategory = z.infer<typeof taxCategory>
