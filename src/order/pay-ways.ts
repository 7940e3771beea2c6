import type { Issuer } from '../issuer/issuer.ts'
import type { Wanted } from './quote.ts'

/** Ways in which money comes from outside, for whatever is bought. */
export const moneyWays = ['stripe', 'bank', 'voucher'] as const
/** `balance`: an add-on, from the balance of the card that it is for. */
export const payBys = [...moneyWays, 'balance'] as const
export type PayBy = (typeof payBys)[number]

/** The ways in which an issuer takes money: by transfer only where it says to which account. */
export function payWays(issuer: Issuer): (typeof moneyWays)[number][] {
  return ['stripe', ...(issuer.providers.payouts ? (['bank'] as const) : []), 'voucher']
}

export function isOffered(issuer: Issuer, wanted: Wanted, payBy: PayBy): boolean {
  return payBy === 'balance' ? wanted.kind === 'add_on' : payWays(issuer).includes(payBy)
}
