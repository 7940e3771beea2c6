import type { Policy } from './policy-schema.ts'

/**
 * The rules by which the days of a closure are counted that is told in `zone` (IANA): those of the law's land. Where no
 * land's law is known (`default`), UTC is nobody's clock: a last day would end at 07:59:59 on a slip for Hong Kong, and
 * there days are those of the zone itself. What takes a right away, the end of withdrawing, does not follow a zone that
 * whoever declares may name; nor does what the issuer has to keep.
 */
export const countedIn = (policy: Policy, zone: string): Policy =>
  policy.id === 'default' ? { ...policy, time_zone: zone } : policy
