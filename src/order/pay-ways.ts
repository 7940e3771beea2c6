import type { Issuer } from '../issuer/issuer.ts'

export const payBys = ['stripe', 'bank', 'voucher'] as const
export type PayBy = (typeof payBys)[number]

/** The ways in which an issuer takes money now. */
export function payWays(_issuer: Issuer): PayBy[] {
  return ['stripe']
}
