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
export type PlanBook = {
  /** Without asking the database; undefined where that must be done. */
  knownRules(issuerId: string, card: SoldAs, today: Today): Rules | undefined
  readRules(tx: Tx, issuerId: string, card: SoldAs, today: Today): Promise<Rules>
}
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
  // An issuer is read every few seconds and not with every batch; while it is the same, so is the object.
  const taxes = new Map<string, { tax: IssuerTax; at: number }>()

  const knownTerms = (issuerId: string, card: SoldAs, now: Date): Terms | undefined => {
    if (card.itemId !== null) return byItem.get(`${issuerId}/${card.itemId}`)
    const code = `${issuerId}/${card.plan}`
    return isFresh(missing.get(code), now) ? noPlan : spanAt(byCode.get(code), card.soldAt)?.terms
  }
  const readTerms = async (tx: Tx, issuerId: string, card: SoldAs, now: Date): Promise<Terms> => {
    if (card.itemId === null) {
      const code = `${issuerId}/${card.plan}`
      const found = await termsAt(tx, byCode, issuerId, card)
      if (found === noPlan) missing.set(code, now.getTime())
      else missing.delete(code)
      return found
    }
    const item = await itemById(tx, issuerId, card.itemId)
    const terms = item?.kind === 'plan' ? item.terms : noPlan
    keep(byItem, `${issuerId}/${card.itemId}`, terms)
    return terms
  }
  const knownTax = (issuerId: string, now: Date): IssuerTax | undefined => {
    const known = taxes.get(issuerId)
    return known && isFresh(known.at, now) ? known.tax : undefined
  }
  const readTax = async (tx: Tx, issuerId: string, now: Date): Promise<IssuerTax> => {
    const tax = (await findIssuer(tx, issuerId))?.rules.tax ?? taxUnlessTold
    taxes.set(issuerId, { tax, at: now.getTime() })
    return tax
  }
  const rulesFor = (terms: Terms, tax: IssuerTax, card: SoldAs, { now, day }: Today): Rules => {
    const holder = terms === noPlan ? withoutPlan : terms
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
  }
  return {
    knownRules(issuerId, card, today) {
      const terms = knownTerms(issuerId, card, today.now)
      const tax = knownTax(issuerId, today.now)
      return terms && tax && rulesFor(terms, tax, card, today)
    },
    async readRules(tx, issuerId, card, today) {
      const terms = knownTerms(issuerId, card, today.now) ?? (await readTerms(tx, issuerId, card, today.now))
      const tax = knownTax(issuerId, today.now) ?? (await readTax(tx, issuerId, today.now))
      return rulesFor(terms, tax, card, today)
    },
  }
}

function isFresh(at: number | undefined, now: Date): boolean {
  return at !== undefined && Math.abs(now.getTime() - at) < look_again_ms
}

function spanAt(spans: Span[] | undefined, soldAt: Date): Span | undefined {
  const at = soldAt.getTime()
  return spans?.find((span) => span.from <= at && at <= span.to)
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
