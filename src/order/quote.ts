import { countries } from '../card/countries.ts'
import { hasTaxNumber } from '../invoice/seller.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { type AddOnItem, itemsOnSale, type PlanItem } from '../plan/catalogue.ts'
import { splitTax, type Tax, taxFor } from '../plan/tax.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { policyFor } from '../policy/policy.ts'
import { readTopUp } from './top-up-limits.ts'

/** What somebody wants to buy, as they said it. */
export type Wanted =
  | { kind: 'card'; code: string; zone: string; currency: string }
  | { kind: 'top_up'; cardId: string; amount: string; currency?: string }
  | { kind: 'add_on'; cardId: string; code: string; currency?: string }

export type OrderKind = Wanted['kind']

/** The card that is topped up or gets the add-on. */
export type TargetCard = {
  cardId: string
  accountId: string
  holderId: string
  iccid: string
  plan: string
  zone: string
  state: string
  currency: string
  expiresAt: Date
  /** Its money went back when it ended: days bring it back no more. */
  endedForGood: boolean
}

/** What it costs, to the minor unit, and what is in it. `gross` = `net` + `tax`; `balance` is part of `net`. */
export type Quote = {
  kind: OrderKind
  item: PlanItem | AddOnItem | null
  zone: string | null
  card: TargetCard | null
  currency: string
  gross: bigint
  net: bigint
  tax: bigint
  balance: bigint
  taxRule: Tax
}

/** A top-up is taxed when it is used (Directive 2006/112/EC, Art. 30b: a multi-purpose voucher). */
const taxedWithUse: Tax = {
  rateBp: 0,
  name: { 'zh-CN': '使用时计税', en: 'Taxed when used' },
  basis: 'Directive 2006/112/EC, Art. 30b',
  verified: false,
}

export type Addable = Pick<TargetCard, 'endedForGood' | 'expiresAt'>

/** An ended card takes no money, and of add-ons only those whose days bring it back. */
export const hasEnded = ({ endedForGood, expiresAt }: Addable, now: Date): boolean =>
  endedForGood || expiresAt <= now

/** False where the add-on would be lost with its card. */
export const canAdd = (card: Addable, item: AddOnItem, now: Date): boolean =>
  !card.endedForGood && (!hasEnded(card, now) || item.terms.more_days > 0)

/**
 * What a purchase costs now for somebody who lives in `jurisdiction`. Throws Refusal order/no_such_item,
 * order/zone_not_in_plan, order/no_price_in_currency, order/no_tax_rule, order/card_closing, order/card_ended, order/currency_differs,
 * order/amount_…
 */
export async function quote(
  tx: Tx,
  input: { issuer: Issuer; wanted: Wanted; jurisdiction: string; now: Date },
): Promise<Quote> {
  const { issuer, wanted, jurisdiction, now } = input
  if (!countries.has(jurisdiction)) throw new Refusal('order/country_unknown')
  if (wanted.kind === 'card') {
    const item = await itemByCode(tx, issuer.issuerId, wanted.code, 'plan')
    const zone = item.terms.zones.find((one) => one.code === wanted.zone)
    if (!zone) throw new Refusal('order/zone_not_in_plan')
    const gross = priceIn(item, wanted.currency)
    const balance = BigInt(item.terms.balance[wanted.currency] ?? '0')
    const taxRule = taxOf(input, zone.code)
    const { net, tax } = splitTax(gross - balance, taxRule.rateBp)
    const money = { currency: wanted.currency, gross, tax, net: net + balance, balance }
    return { kind: 'card', item, zone: zone.code, card: null, taxRule, ...money }
  }
  const card = await targetCard(tx, issuer.issuerId, wanted.cardId)
  if (card.state !== 'open') throw new Refusal('order/card_closing')
  if (wanted.currency && wanted.currency !== card.currency)
    throw new Refusal('order/currency_differs', { currency: card.currency })
  const { currency } = card
  if (wanted.kind === 'top_up') {
    // It could not be used, and kept money would lapse with it.
    if (hasEnded(card, now)) throw new Refusal('order/card_ended')
    const { amount } = readTopUp(issuer.rules.top_up, wanted.amount, currency)
    // What its use is taxed with must be known, or it could not be used lawfully.
    taxOf(input, card.zone)
    const money = { currency, gross: amount, net: amount, tax: 0n, balance: amount }
    return { kind: 'top_up', item: null, zone: card.zone, card, taxRule: taxedWithUse, ...money }
  }
  const item = await itemByCode(tx, issuer.issuerId, wanted.code, 'add_on')
  if (!canAdd(card, item, now)) throw new Refusal('order/card_ended')
  const gross = priceIn(item, currency)
  const taxRule = taxOf(input, card.zone)
  const split = splitTax(gross, taxRule.rateBp)
  return { kind: 'add_on', item, zone: card.zone, card, taxRule, currency, gross, ...split, balance: 0n }
}

/** Throws Refusal order/no_tax_rule: nobody is told "no tax" because nobody has looked. */
function taxOf(input: { issuer: Issuer; jurisdiction: string; now: Date }, zone: string): Tax {
  const { issuer, jurisdiction: residence, now } = input
  const policy = policyFor(residence, now)
  const registered = hasTaxNumber(issuer)
  const tax = taxFor({ tax: issuer.rules.tax, policy, residence, zone, registered })
  if (!tax) throw new Refusal('order/no_tax_rule')
  return tax
}

async function itemByCode<K extends 'plan' | 'add_on'>(
  tx: Tx,
  issuerId: string,
  code: string,
  kind: K,
): Promise<K extends 'plan' ? PlanItem : AddOnItem> {
  const item = (await itemsOnSale(tx, issuerId)).find((one) => one.code === code && one.kind === kind)
  if (!item) throw new Refusal('order/no_such_item')
  return item as K extends 'plan' ? PlanItem : AddOnItem
}

function priceIn(item: PlanItem | AddOnItem, currency: string): bigint {
  const { prices } = item.terms
  const price = Object.hasOwn(prices, currency) ? prices[currency] : undefined
  if (price === undefined) {
    throw new Refusal('order/no_price_in_currency', { currency, known: Object.keys(prices).join(', ') })
  }
  return BigInt(price)
}

/** Throws Refusal closure/no_such_card, as every page that is asked for a card that isn't there. */
export async function targetCard(tx: Tx, issuerId: string, cardId: string): Promise<TargetCard> {
  const row = await tx
    .selectFrom('card as c')
    .innerJoin('account as a', (j) =>
      j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
    )
    .select(['c.card_id', 'c.account_id', 'a.holder_id', 'c.iccid', 'c.plan', 'c.zone', 'c.state'])
    .select(['c.currency', 'c.expires_at', 'c.ended_for_good'])
    .where('c.issuer_id', '=', issuerId)
    .where('c.card_id', '=', cardId)
    .executeTakeFirst()
  if (!row) throw new Refusal('closure/no_such_card')
  return {
    cardId: row.card_id,
    accountId: row.account_id,
    holderId: row.holder_id,
    iccid: row.iccid,
    plan: row.plan,
    zone: row.zone,
    state: row.state,
    currency: row.currency,
    expiresAt: row.expires_at,
    endedForGood: row.ended_for_good,
  }
}
