import { z } from 'zod'
import type { PaidWith } from './port.ts'

const word = z
  .string()
  .regex(/^[a-z_]{2,40}$/)
  .optional()
  .catch(undefined)
const last4 = z.string().regex(/^[0-9A-Z]{4}$/)

/**
 * `payment_method_details` of a charge (docs.stripe.com/api/charges/object). For a card in a wallet, `last4` is the card's
 * own and not the device's. What can't be read is not known: it never stands in the way of the money.
 */
export const methodDetails = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('card'),
      card: z.object({ last4, brand: word, wallet: z.object({ type: word }).nullish().catch(undefined) }),
    }),
    z.object({ type: z.literal('sepa_debit'), sepa_debit: z.object({ last4 }) }),
    z.object({ type: z.literal('ideal'), ideal: z.object({ iban_last4: last4 }) }),
    z.object({ type: z.literal('bancontact'), bancontact: z.object({ iban_last4: last4 }) }),
    z.object({ type: z.enum(['alipay', 'wechat_pay', 'paypal', 'link']) }),
  ])
  .nullish()
  .catch(undefined)

export function paidWithOf(details: z.infer<typeof methodDetails>): PaidWith | undefined {
  if (!details) return undefined
  switch (details.type) {
    case 'card': {
      const { last4: digits, brand, wallet } = details.card
      return {
        method: 'card',
        last4: digits,
        ...(brand !== undefined && brand !== 'unknown' && { brand }),
        ...(wallet?.type !== undefined && { wallet: wallet.type }),
      }
    }
    case 'sepa_debit':
      return { method: 'bank_account', last4: details.sepa_debit.last4 }
    case 'ideal':
      return { method: 'bank_account', last4: details.ideal.iban_last4 }
    case 'bancontact':
      return { method: 'bank_account', last4: details.bancontact.iban_last4 }
    case 'alipay':
    case 'wechat_pay':
    case 'paypal':
    case 'link':
      return { method: details.type }
  }
}
