import { z } from 'zod'

const column = z.string().min(1).max(100)

/**
 * How a bank writes its CSV statement, said by the issuer and never guessed: 1.234 is a thousand at one bank and one
 * and a bit at another.
 */
export const statementFormatSchema = z
  .object({
    kind: z.literal('csv'),
    delimiter: z.enum([',', ';', '\t', '|']),
    decimal: z.enum([',', '.']),
    /** The sign between groups of three digits, where the bank writes one. */
    thousands: z.enum(['.', ',', ' ', "'"]).optional(),
    date: z.enum(['YYYY-MM-DD', 'YYYYMMDD', 'DD.MM.YYYY', 'DD/MM/YYYY', 'MM/DD/YYYY', 'YYYY/MM/DD']),
    /** Lines before the header. */
    skipLines: z.int().min(0).max(50).default(0),
    columns: z
      .object({
        bookedOn: column,
        /** One signed column, or one for each direction. */
        amount: column.optional(),
        credit: column.optional(),
        debit: column.optional(),
        currency: column.optional(),
        text: z.array(column).min(1).max(8),
        endToEndId: column.optional(),
        /** The bank's own reference of the line, where it gives one: two equal lines are then told apart for sure. */
        entryRef: column.optional(),
      })
      .refine((c) => (c.amount === undefined) !== (c.credit === undefined || c.debit === undefined), {
        message: 'takes either amount, or both credit and debit',
      }),
    /** Where no column says it. */
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'takes an ISO 4217 code such as EUR')
      .optional(),
    /** Incoming lines whose text contains one of these are none of LEB's business, e.g. what Stripe pays out. */
    ignore: z.array(z.string().min(3).max(100)).max(50).default([]),
  })
  .refine((f) => (f.columns.currency === undefined) !== (f.currency === undefined), {
    message: 'takes either columns.currency or currency',
  })
  .refine((f) => f.thousands !== f.decimal, { message: 'takes different signs for thousands and decimal' })

export type StatementFormat = z.infer<typeof statementFormatSchema>
/** As an issuer's file may write it, defaults left out. */
export type StatementFormatInput = z.input<typeof statementFormatSchema>
