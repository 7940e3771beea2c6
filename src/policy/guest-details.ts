import type { Policy } from './policy-schema.ts'
import { policyFor } from './policy.ts'

/**
 * How long an address that somebody ordered with is kept, and why: by the rules in force at that moment, whenever it was
 * ordered. Whoever erases and whoever says why something is still there ask here.
 */
export function guestDetails(jurisdiction: string, now: Date): Policy['guest_details'] {
  return policyFor(jurisdiction, now).guest_details
}
