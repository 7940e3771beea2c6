import { smallestStep } from '../adapters/payment/smallest-step.ts'
import { formatMoney, type Money } from '../ledger/money.ts'
import { Refusal } from '../platform/errors.ts'
import type { PayBy } from './pay-ways.ts'

/**
 * An order whose amount its way of paying can't carry would never be paid: it is not taken. Throws Refusal
 * order/amount_not_taken, with the next amount that would be.
 */
export function checkStep({ amount, currency }: Money, payBy: PayBy): void {
  const step = smallestStep(payBy, currency)
  const over = amount % step
  if (over === 0n) return
  const money = (of: bigint) => ({
    'zh-CN': formatMoney({ amount: of, currency }, 'zh-CN'),
    en: formatMoney({ amount: of, currency }, 'en'),
  })
  throw new Refusal(
    'order/amount_not_taken',
    { currency },
    { amount: money(amount), step: money(step), example: money(amount - over + step) },
  )
}
