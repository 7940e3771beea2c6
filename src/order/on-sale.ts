import { type AddOnItem, type CatalogueItem, itemsOnSale } from '../plan/catalogue.ts'
import type { Tx } from '../platform/db.ts'
import { type Addable, canAdd } from './quote.ts'

/**
 * What the catalogue sells for a card now: the least that any add-on costs, and the least that one with days costs.
 * Minor units of the card's currency; null where none is sold for it.
 */
export type OnSale = { addOn: bigint | null; days: bigint | null }

type ForCard = Addable & { currency: string }

/** The add-ons that can be bought for a card: priced in its currency, and of use to it. */
export function addOnsFor(card: ForCard, items: CatalogueItem[], now: Date): AddOnItem[] {
  return items.filter(
    (item): item is AddOnItem =>
      item.kind === 'add_on' && Object.hasOwn(item.terms.prices, card.currency) && canAdd(card, item, now),
  )
}

export function onSaleOf(card: ForCard, items: CatalogueItem[], now: Date): OnSale {
  const addOns = addOnsFor(card, items, now)
  const least = (some: AddOnItem[]): bigint | null =>
    some
      .map((item) => BigInt(item.terms.prices[card.currency]!))
      .reduce<bigint | null>((low, price) => (low === null || price < low ? price : low), null)
  return { addOn: least(addOns), days: least(addOns.filter((item) => item.terms.more_days > 0)) }
}

export const readOnSale = async (tx: Tx, issuerId: string, card: ForCard, now: Date): Promise<OnSale> =>
  onSaleOf(card, await itemsOnSale(tx, issuerId), now)
