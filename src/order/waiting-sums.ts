import { formatMoney, type Money } from '../ledger/money.ts'
import type { OrderView } from './read-order.ts'

/** What of an order's money waits for an account or for the file, in words: its own, and what came besides. */
export function sumsThatWait(order: OrderView, locale: 'zh-CN' | 'en'): string {
  const { state, transfer, owedBack, gross, extras } = order
  const own = state === 'refunding' && transfer?.state === 'waiting' ? [{ amount: owedBack ?? gross }] : []
  return sumsOf([...own, ...extras.filter((extra) => extra.state === 'waiting')], locale)
}

/** What of an order's money has no account to go to, and a buyer who can name one. */
export function moneyWithoutAccount({
  state,
  transfer,
  owedBack,
  gross,
  extras,
}: OrderView): { amount: Money }[] {
  const isOwn = state === 'refunding' && transfer?.state === 'waiting' && transfer.account === 'wanted'
  const besides = extras.filter((extra) => extra.state === 'waiting' && extra.account === 'wanted')
  return [...(isOwn ? [{ amount: owedBack ?? gross }] : []), ...besides]
}

/** They may be in several currencies, so they are not added up. */
export const sumsOf = (all: { amount: Money }[], locale: 'zh-CN' | 'en'): string =>
  all.map(({ amount }) => formatMoney(amount, locale)).join(' + ')
