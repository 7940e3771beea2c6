import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import { journalKey, type UsageKind } from './record.ts'

/** What a card's balance paid for: whole MB, seconds or messages, in a country or a zone. */
export type Used = { kind: UsageKind; units: bigint; place: string }

/** What stands behind entries and postings of usage, by their keys; keys of others are not in the answer. */
export async function usedFor(tx: Tx, issuerId: string, keys: string[]): Promise<Map<string, Used>> {
  const prefix = journalKey('')
  const ids = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ record_id: string; kind: UsageKind; units: bigint; place: string }>`
    select u.* from unnest(${ids}::text[]) as r (record_id)
     cross join lateral (
       select record_id, kind, balance_units as units, coalesce(country, zone) as place from usage_record
        where issuer_id = ${issuerId} and record_id = r.record_id offset 0) u`.execute(tx)
  return new Map(rows.map(({ record_id, ...used }) => [journalKey(record_id), used]))
}
