import type { Issuer } from '../issuer/issuer.ts'

export const payBys = ['stripe', 'bank', 'voucher'] as const
export type PayBy = (typeof payBys)[number]

/** The ways in which an issuer takes money: by transfer only where it says to which account. */
export function payWays(issuer: Issuer): PayBy[] {
  return ['stripe', ...(issuer.providers.payouts ? (['bank'] as const) : []), 'voucher']
}
