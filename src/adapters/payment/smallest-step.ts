import type { SmallestStep } from './port.ts'
import { stripeStep } from './stripe-amount.ts'

/** By the name that settings, orders and payments have for a provider: known without opening it, for it has a secret. */
const steps: Partial<Record<string, SmallestStep>> = { stripe: stripeStep }

/** The step (port.ts) of who carries the money; 1 for ways that are no provider's: banks and vouchers take all. */
export function smallestStep(provider: string, currency: string): bigint {
  return steps[provider]?.(currency) ?? 1n
}
