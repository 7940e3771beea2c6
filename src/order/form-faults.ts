import { isVoucherCode } from '../payout/voucher.ts'
import { Refusal } from '../platform/errors.ts'
import { readGuest } from './buyer.ts'
import { checkStep } from './check-step.ts'
import type { PayBy } from './pay-ways.ts'
import { hasEnded, type Quote } from './quote.ts'
import { balanceShort } from './set-aside.ts'

/** What was filled in. `guest` is null where the buyer is signed in. */
export type Filled = {
  guest: { email: string; name: string; live: string } | null
  payBy: PayBy
  voucherCode: string
  accepted: boolean
}

/**
 * Everything about a filled-in form that placing the order would refuse and that can be told without placing it, so that
 * who mends one fault is not told the next. A voucher's balance is looked at by the order alone, which counts the tries.
 */
export function formFaults({ guest, payBy, voucherCode, accepted }: Filled): Refusal[] {
  return [
    ...refusalsOf(() => guest && readGuest(guest)),
    ...(payBy === 'voucher' && !isVoucherCode(voucherCode) ? [new Refusal('order/voucher_wrong')] : []),
    ...(accepted ? [] : [new Refusal('order/terms_not_accepted')]),
  ]
}

type Payable = {
  price: Quote
  /** Those that are offered for it. */
  ways: PayBy[]
  /** Of an add-on: what the card's balance has to spend, minor units of its currency. */
  free: bigint | undefined
  now: Date
}

/** The same of the way to pay, for what is bought. */
export function payFaults(payBy: PayBy, { price, ways, free, now }: Payable): Refusal[] {
  const { gross: amount, currency, card } = price
  if (payBy === 'balance' && card && free !== undefined && free < amount)
    return [balanceShort({ free, amount, currency, ended: hasEnded(card, now) })]
  if (!ways.includes(payBy)) return [new Refusal('order/pay_by_unavailable')]
  return refusalsOf(() => checkStep({ amount, currency }, payBy))
}

function refusalsOf(check: () => unknown): Refusal[] {
  try {
    check()
    return []
  } catch (error) {
    if (error instanceof Refusal) return [error]
    throw error
  }
}
