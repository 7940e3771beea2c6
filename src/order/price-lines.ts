import type { GrossLine } from '../invoice/amounts.ts'
import { lineTax } from '../plan/tax.ts'
import { zoneName } from '../plan/zones.ts'
import { assert, type Wording } from '../platform/errors.ts'
import type { OrderCase } from './order-case.ts'

/** The balance that is part of a card's price, minor units. */
export function includedBalance({ order, item }: Pick<OrderCase, 'order' | 'item'>): bigint {
  return item?.kind === 'plan' ? BigInt(item.terms.balance[order.currency] ?? '0') : 0n
}

/** The lines of the invoice: what was bought with its tax, and money that is only kept for later use without. */
export function orderPriceLines(told: Pick<OrderCase, 'order' | 'item' | 'taxRule'>): GrossLine[] {
  const { order, item, taxRule } = told
  const untaxed = (text: Wording, grossMinor: bigint): GrossLine => ({
    text,
    quantity: 1,
    grossMinor,
    rateBp: 0,
    taxName: { 'zh-CN': '使用时计税', en: 'Taxed when used' },
    untaxed: 'outside',
  })
  if (order.kind === 'top_up')
    return [untaxed({ 'zh-CN': '充值（余额）', en: 'Top-up (balance)' }, order.gross_minor)]
  assert(item, 'a card or an add-on is an item of the catalogue')
  const balance = includedBalance(told)
  const zone = order.zone && zoneName(order.zone)
  const main: GrossLine = {
    text: {
      'zh-CN': zone ? `${item.terms.name['zh-CN']}（${zone['zh-CN']}）` : item.terms.name['zh-CN'],
      en: zone ? `${item.terms.name.en} (${zone.en})` : item.terms.name.en,
    },
    quantity: 1,
    grossMinor: order.gross_minor - balance,
    ...lineTax(taxRule),
  }
  return balance > 0n
    ? [main, untaxed({ 'zh-CN': '套餐内含余额', en: 'Balance that comes with it' }, balance)]
    : [main]
}
