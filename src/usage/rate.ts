import { splitTax } from '../plan/tax.ts'
import type { CardState, Rules } from './card-state.ts'
import { dayIn, endOfDays } from './days.ts'
import type { KnownOutcome, Rated } from './outcome.ts'
import { type UsageKind, usageKinds, type UsageRecord } from './record.ts'

/** Quantity units in one priced unit: 1 MB, 60 s, 1 message. */
const unit: Record<UsageKind, number> = { data: 1, voice: 60, sms: 1 }

/**
 * Rates one record against a card and changes the card by it. Buckets first, the one that ends first before the
 * others (the plan's own ends with the card); then the balance, by tariff.
 *
 * Rounding is up, to whole units, over the sum of all the card's use beyond its buckets: two calls of 40 s cost two
 * minutes, not one each and the rest lost. Tax is the tax in that sum, less what was taken of it before. So any order
 * of the same records comes to the same books; only which record is cut when a card runs dry depends on the order.
 */
export function rate(card: CardState, record: UsageRecord): Rated {
  const none = { bucketUnits: 0, balanceUnits: 0, unpaidUnits: record.quantity, gross: 0n, tax: 0n }
  const { currency } = card
  if (!worksThere(card.rules, record)) return { outcome: 'out_of_zone', ...none, currency }
  const refused = borneByHouse(card, record)
  if (refused) return { outcome: refused, ...none, gross: fullPrice(card.rules, record), currency }

  activate(card, record.usedAt)
  const fromBuckets = drawBuckets(card, record)
  const { units, gross, tax } = charge(card, record.kind, record.quantity - fromBuckets)
  const unpaid = record.quantity - fromBuckets - units
  noteDry(card, record, unpaid)
  return {
    outcome:
      unpaid > 0 ? (unpaid < record.quantity ? 'partly' : 'dry') : units > 0 ? 'charged' : 'from_bucket',
    bucketUnits: fromBuckets,
    balanceUnits: units,
    unpaidUnits: unpaid,
    gross,
    tax,
    currency,
  }
}

function worksThere(rules: Rules, { zone, country }: UsageRecord): boolean {
  if (zone !== undefined) return zone === rules.zone
  return rules.countries === null || rules.countries.has(country!)
}

/**
 * Why nobody pays for a record, if so. What was used before the freeze and comes before the settlement is still the
 * holder's and goes into the settlement.
 */
function borneByHouse(card: CardState, { usedAt }: UsageRecord): KnownOutcome | undefined {
  const { frozenAt, settledAt, lapsedAt, expiresAt, state } = card
  if (settledAt !== null || state === 'closed')
    return frozenAt !== null && usedAt < frozenAt ? 'late' : 'closed'
  if (frozenAt !== null && usedAt >= frozenAt) return 'frozen'
  if (usedAt >= expiresAt) return 'expired'
  return lapsedAt === null ? undefined : 'late'
}

/** By tariff alone and rounded by itself: what the house loses. 0 where the tariff has no price. */
function fullPrice(rules: Rules, { kind, quantity }: UsageRecord): bigint {
  return BigInt(Math.ceil(quantity / unit[kind])) * (rules.prices[kind] ?? 0n)
}

/** The first use activates a card that came without; an earlier one that is reported later moves the moment back. */
function activate(card: CardState, usedAt: number): void {
  const { timeZone, zone } = card.rules
  const days = card.rules.days === null ? null : card.rules.days + card.moreDays
  if (card.activatedAt === null) {
    card.activatedAt = usedAt
    card.activatedZone = zone
    if (days !== null) card.expiresAt = endOfDays(timeZone, usedAt, days)
  } else if (card.activatedZone !== null && usedAt < card.activatedAt) {
    // Days bought meanwhile stay bought: the end moves by as much as the first day does.
    if (days !== null)
      card.expiresAt += endOfDays(timeZone, usedAt, days) - endOfDays(timeZone, card.activatedAt, days)
    card.activatedAt = usedAt
  } else return
  card.changed.card = true
}

/** Answers how many units buckets covered. */
function drawBuckets(card: CardState, { kind, quantity, usedAt }: UsageRecord): number {
  let wanted = quantity
  let planDone = false
  for (const bucket of card.buckets) {
    if (!planDone && bucket.expiresAt >= card.expiresAt) {
      wanted -= drawPlan(card, kind, wanted, usedAt)
      planDone = true
    }
    if (bucket.kind !== kind || bucket.left === 0 || usedAt >= bucket.expiresAt) continue
    const take = Math.min(wanted, bucket.left)
    if (take === 0) continue
    bucket.left -= take
    bucket.drawn += take
    wanted -= take
  }
  if (!planDone) wanted -= drawPlan(card, kind, wanted, usedAt)
  return quantity - wanted
}

function drawPlan(card: CardState, kind: UsageKind, wanted: number, usedAt: number): number {
  const { dailyDataMb, timeZone } = card.rules
  let take = Math.min(wanted, card.left[kind])
  if (kind === 'data' && dailyDataMb !== null && take > 0) {
    const day = dayIn(timeZone, usedAt)
    const before = card.dayMb.get(day) ?? 0
    take = Math.max(0, Math.min(take, dailyDataMb - before))
    if (take > 0) {
      card.dayMb.set(day, before + take)
      card.changed.days.add(day)
    }
  }
  if (take === 0) return 0
  card.left[kind] -= take
  card.drawn[kind] += take
  card.changed.card = true
  return take
}

/** Takes what the balance can pay of so many units beyond the buckets, in whole priced units. */
function charge(
  card: CardState,
  kind: UsageKind,
  over: number,
): { units: number; gross: bigint; tax: bigint } {
  const price = card.rules.prices[kind]
  if (over === 0 || price === null) return { units: 0, gross: 0n, tax: 0n }
  const size = unit[kind]
  // Seconds of a minute that was paid before are not paid again.
  const before = size === 1 ? 0 : card.voiceOverS
  const paid = Math.ceil(before / size)
  const wanted = Math.ceil((before + over) / size) - paid
  const can =
    price === 0n || BigInt(wanted) * price <= card.available ? wanted : Number(card.available / price)
  const units = can === wanted ? over : (paid + can) * size - before
  const gross = BigInt(can) * price
  if (size !== 1 && units > 0) {
    card.voiceOverS = before + units
    card.changed.voice = true
  }
  if (gross === 0n) return { units, gross, tax: 0n }
  const { rateBp } = card.rules
  const tax = splitTax(card.usedGross + gross, rateBp).tax - splitTax(card.usedGross, rateBp).tax
  card.available -= gross
  card.usedGross += gross
  return { units, gross, tax }
}

/** A card is dry when something was not covered, or when nothing of any kind is left or could be paid. */
function noteDry(card: CardState, { kind, usedAt }: UsageRecord, unpaid: number): void {
  if (unpaid === 0 && !nothingLeft(card)) return
  const { dailyDataMb, timeZone } = card.rules
  const dayIsOver = unpaid > 0 && kind === 'data' && dailyDataMb !== null && card.left.data > 0
  const until = dayIsOver ? endOfDays(timeZone, usedAt, 1) : null
  const last = Math.max(usedAt, card.dry?.usedAt ?? usedAt)
  // Dry for good outlasts dry for today.
  card.dry = { usedAt: last, until: card.dry && card.dry.until === null ? null : until }
}

function nothingLeft(card: CardState): boolean {
  for (const kind of usageKinds) {
    if (card.left[kind] > 0) return false
    const price = card.rules.prices[kind]
    if (price !== null && price <= card.available) return false
  }
  return card.buckets.every((bucket) => bucket.left === 0)
}
