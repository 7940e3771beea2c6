import { itemById, planAt } from '../plan/catalogue.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { type IssuerTax, taxUnlessTold } from '../issuer/tax-rules.ts'
import { taxRuleFor } from '../plan/tax.ts'
import type { PlanTerms } from '../plan/terms.ts'
import type { Tx } from '../platform/db.ts'
import { policyFor } from '../policy/policy.ts'
import type { Rules } from './card-state.ts'

/** What decides the rules of a card. */
export type SoldAs = {
  itemId: string | null
  plan: string
  soldAt: Date
  zone: string
  currency: string
  jurisdiction: string
}

/** Terms that were sold never change, so what was read once is kept; a process rates thousands of cards by the same few. */
export type PlanBook = { rulesOf(tx: Tx, issuerId: string, card: SoldAs, today: Today): Promise<Rules> }
/** `day` is the UTC day of `now`, written once for a batch. */
type Today = { now: Date; day: string }

const most_kept = 10_000
const look_again_ms = 10_000
const noPlan = Symbol('no plan')
type Terms = PlanTerms | typeof noPlan
/** A version is known to have been on sale between two moments; what lies outside is asked for. */
type Span = { from: number; to: number; terms: Terms }

export function openPlanBook(): PlanBook {
  const byItem = new Map<string, Terms>()
  const byCode = new Map<string, Span[]>()
  const rules = new WeakMap<IssuerTax, WeakMap<object, Map<string, Rules>>>()
  const withoutPlan = {}

  // A plan that is set up later must be found then, but not looked for with every card that names it.
  const missing = new Map<string, number>()
  const termsOf = async (tx: Tx, issuerId: string, card: SoldAs, now: Date): Promise<Terms> => {
    if (card.itemId === null) {
      const code = `${issuerId}/${card.plan}`
      const looked = missing.get(code)
      if (looked !== undefined && Math.abs(now.getTime() - looked) < look_again_ms) return noPlan
      const found = await termsAt(tx, byCode, issuerId, card)
      if (found === noPlan) missing.set(code, now.getTime())
      else missing.delete(code)
      return found
    }
    const key = `${issuerId}/${card.itemId}`
    const known = byItem.get(key)
    if (known) return known
    const item = await itemById(tx, issuerId, card.itemId)
    const terms = item?.kind === 'plan' ? item.terms : noPlan
    keep(byItem, key, terms)
    return terms
  }
  // Read every few seconds and not with every batch; while the issuer is the same, so is the object.
  const taxes = new Map<string, { tax: IssuerTax; at: number }>()
  const taxOf = async (tx: Tx, issuerId: string, now: Date): Promise<IssuerTax> => {
    const known = taxes.get(issuerId)
    if (known && Math.abs(now.getTime() - known.at) < look_again_ms) return known.tax
    const tax = (await findIssuer(tx, issuerId))?.rules.tax ?? taxUnlessTold
    taxes.set(issuerId, { tax, at: now.getTime() })
    return tax
  }
  return {
    async rulesOf(tx, issuerId, card, { now, day }) {
      const terms = await termsOf(tx, issuerId, card, now)
      const holder = terms === noPlan ? withoutPlan : terms
      const tax = await taxOf(tx, issuerId, now)
      let taxed = rules.get(tax)
      if (!taxed) rules.set(tax, (taxed = new WeakMap()))
      let made = taxed.get(holder)
      if (!made) taxed.set(holder, (made = new Map()))
      // Tax may change from one day to the next.
      const key = `${day}/${card.zone}/${card.currency}/${card.jurisdiction}`
      const known = made.get(key)
      if (known) return known
      const found = makeRules(terms === noPlan ? undefined : terms, card, now, tax)
      keep(made, key, found)
      return found
    },
  }
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= most_kept) map.clear()
  map.set(key, value)
}

async function termsAt(
  tx: Tx,
  byCode: Map<string, Span[]>,
  issuerId: string,
  { plan, soldAt }: SoldAs,
): Promise<Terms> {
  const key = `${issuerId}/${plan}`
  const at = soldAt.getTime()
  const spans = byCode.get(key) ?? []
  const known = spans.find((span) => span.from <= at && at <= span.to)
  if (known) return known.terms
  const item = await planAt(tx, issuerId, plan, soldAt)
  if (!item) return noPlan
  const published = item.publishedAt.getTime()
  // Sold before the first version: that one counts for all of the time before it.
  const from = at < published ? -Infinity : published
  const same = spans.find((span) => span.from === from)
  if (same) same.to = Math.max(same.to, at)
  else spans.push({ from, to: at, terms: item.terms })
  byCode.set(key, spans)
  return item.terms
}

const nothingSold = { data: null, voice: null, sms: null }

function makeRules(terms: PlanTerms | undefined, card: SoldAs, now: Date, tax: IssuerTax): Rules {
  const zone = terms?.zones.find((one) => one.code === card.zone)
  const policy = policyFor(card.jurisdiction, now)
  // What is on a card may be used wherever its holder lives; without a rule there is no rate to take.
  const rateBp = taxRuleFor({ tax, policy, residence: card.jurisdiction, zone: card.zone })?.rateBp ?? 0
  const base = {
    zone: card.zone,
    days: terms?.days ?? null,
    dailyDataMb: terms?.daily_data_mb ?? null,
    rateBp,
  }
  // A card from an old system may name a zone that no plan here describes: it works off its buckets, everywhere.
  if (!zone) return { ...base, countries: null, timeZone: 'UTC', prices: nothingSold }
  const { data, voice, sms } = zone.tariff
  const price = (amounts: Record<string, string> | undefined) => {
    const amount = amounts?.[card.currency]
    return amount === undefined ? null : BigInt(amount)
  }
  return {
    ...base,
    countries: new Set(zone.countries),
    timeZone: zone.time_zone,
    prices: { data: price(data?.per_mb), voice: price(voice?.per_minute), sms: price(sms?.per_sms) },
  }
}
