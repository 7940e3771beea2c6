import { createHmac, type KeyObject } from 'node:crypto'
import { instantOf } from '../card/field-rules.ts'

export type UsageKind = 'data' | 'voice' | 'sms'
export const usageKinds: UsageKind[] = ['data', 'voice', 'sms']

/** One consumption as the network reports it: whole MB, whole seconds or messages, of one card at one time. */
export type UsageRecord = {
  recordId: string
  iccid?: string
  cardId?: string
  kind: UsageKind
  quantity: number
  /** The plan's zone, or the country (ISO 3166-1) that was visited; one of the two. */
  zone?: string
  country?: string
  /** Milliseconds since 1970. */
  usedAt: number
}

/** Which field of a record is wrong, and the rule it broke. The same for HTTP and for files. */
export type Fault =
  | 'bad_record_id'
  | 'bad_card'
  | 'bad_kind'
  | 'bad_quantity'
  | 'bad_place'
  | 'bad_used_at'
  | 'used_in_future'
  | 'unknown_member'
  | 'not_an_object'

export const faultWords: Record<Fault, string> = {
  bad_record_id: 'recordId is not 1 to 64 visible ASCII signs without spaces',
  bad_card: 'exactly one of iccid (19 or 20 digits) and cardId (UUID) names the card',
  bad_kind: 'kind is not data, voice or sms',
  bad_quantity: 'quantity is not a whole number from 1 to 1000000000 (MB, seconds or messages)',
  bad_place: 'exactly one of zone (a code of the plan) and country (ISO 3166-1 alpha-2) says where',
  bad_used_at: 'usedAt is not an RFC 3339 time with zone',
  used_in_future: "usedAt is more than five minutes ahead of LEB's clock",
  unknown_member: 'a member is not known here',
  not_an_object: 'it is not an object',
}

export const largest_quantity = 1_000_000_000
/** Clocks of networks and ours may differ so much. */
const ahead_ms = 5 * 60_000

const recordIdRule = /^[\x21-\x7e]{1,64}$/
const iccidRule = /^\d{19,20}$/
const uuidRule = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const zoneRule = /^[A-Z][A-Z0-9_]{1,19}$/
const countryRule = /^[A-Z]{2}$/
const members = new Set(['recordId', 'iccid', 'cardId', 'kind', 'quantity', 'zone', 'country', 'usedAt'])

/**
 * Checks one record by hand: a schema library costs several times what rating does, and thousands come in a second.
 * The OpenAPI document describes the same shape (usage-shapes.ts); a test holds the two together.
 * @param nowMs LEB's clock, milliseconds since 1970
 */
export function readRecord(value: unknown, nowMs: number): UsageRecord | Fault {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not_an_object'
  const { recordId, iccid, cardId, kind, quantity, zone, country, usedAt } = value as Record<string, unknown>
  for (const name in value) if (!members.has(name)) return 'unknown_member'
  if (typeof recordId !== 'string' || !recordIdRule.test(recordId)) return 'bad_record_id'
  const byNumber = typeof iccid === 'string' && iccidRule.test(iccid) && cardId === undefined
  const byId = typeof cardId === 'string' && uuidRule.test(cardId) && iccid === undefined
  if (!byNumber && !byId) return 'bad_card'
  if (kind !== 'data' && kind !== 'voice' && kind !== 'sms') return 'bad_kind'
  if (!Number.isInteger(quantity) || (quantity as number) < 1 || (quantity as number) > largest_quantity)
    return 'bad_quantity'
  const inZone = typeof zone === 'string' && zoneRule.test(zone) && country === undefined
  const inCountry = typeof country === 'string' && countryRule.test(country) && zone === undefined
  if (!inZone && !inCountry) return 'bad_place'
  const at = typeof usedAt === 'string' && usedAt.length <= 40 ? instantOf(usedAt) : null
  if (at === null) return 'bad_used_at'
  if (at > nowMs + ahead_ms) return 'used_in_future'
  return {
    recordId,
    ...(byNumber ? { iccid } : { cardId: (cardId as string).toLowerCase() }),
    kind,
    quantity: quantity as number,
    ...(inZone ? { zone } : { country: country as string }),
    usedAt: at,
  }
}

/** In the place of what broke a rule; the two missing ones are about the record as a whole. */
const sound: Partial<Record<Fault, object>> = {
  bad_record_id: { recordId: 'x' },
  bad_card: { iccid: '8999901000000000018', cardId: undefined },
  bad_kind: { kind: 'data' },
  bad_quantity: { quantity: 1 },
  bad_place: { country: 'DE', zone: undefined },
  bad_used_at: { usedAt: '2026-01-01T00:00:00Z' },
  used_in_future: { usedAt: '2026-01-01T00:00:00Z' },
}

/**
 * Every rule that a record breaks, for whoever mends a file in one go: what is wrong is put right, and the rest is read
 * again. None where it is sound.
 */
export function faultsOf(value: object, nowMs: number): Fault[] {
  const faults: Fault[] = []
  for (let rest = value; ;) {
    const read = readRecord(rest, nowMs)
    if (typeof read !== 'string' || faults.includes(read)) return faults
    faults.push(read)
    const mended = sound[read]
    if (!mended) return faults
    rest = { ...rest, ...mended }
  }
}

/**
 * What a record says, as 32 bytes: the same record id may only come with the same content. Keyed, because who was in
 * which country at which hour is soon tried out against a plain hash. The key comes as a KeyObject: from bytes it is
 * made anew for each record, which takes five times as long.
 */
export function contentHash(record: UsageRecord, indexKey: KeyObject): Buffer {
  const { recordId, iccid, cardId, kind, quantity, zone, country, usedAt } = record
  const said = `${recordId}\n${iccid ?? ''}\n${cardId ?? ''}\n${kind}\n${quantity}\n${zone ?? ''}\n${country ?? ''}\n${usedAt}`
  return createHmac('sha256', indexKey).update(`usage:${said}`).digest()
}

/** What a record is called in the journal, for the statement to find the record behind its line. */
export function journalKey(recordId: string): string {
  return `usage:${recordId}`
}
