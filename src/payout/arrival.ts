import { arrivesBy } from '../policy/clocks.ts'
import type { Policy } from '../policy/policy-schema.ts'
import { isByHand, type PayoutPart } from './parts.ts'

/**
 * By when a part that was sent should be in its holder's account. Null of what is not sent, of what goes to no account,
 * and of what others paid: staff by an agreement of their own, the payer's bank long before.
 */
export function arrivalOf(policy: Policy, part: PayoutPart): Date | null {
  const isSent = part.route === 'original_payment' || part.route === 'bank_transfer'
  if (!isSent || part.state !== 'paid' || part.paidAt === null) return null
  return part.reference === 'chargeback' || isByHand(part) ? null : arrivesBy(policy, part.paidAt)
}

/** When the last of them should be there. Null where none was sent. */
export function lastArrival(days: (Date | null)[]): Date | null {
  const times = days.flatMap((day) => day?.getTime() ?? [])
  return times.length > 0 ? new Date(Math.max(...times)) : null
}
