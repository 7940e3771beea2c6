import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import type { VaultKeys } from '../adapters/keys/port.ts'
import type { Tx } from '../platform/db.ts'
import { openHolderKey, unsealDatum } from '../privacy/vault.ts'
import { fleetColumns } from './fleet-columns.ts'
import type { FleetPerson, FleetRow } from './read-row.ts'

/** What the database knows already of a batch of rows. All of one issuer. */
export type KnownCard = { digest: Buffer | null }
export type KnownAccount = {
  accountId: string
  holderId: string
  /** The holder's data key, opened; null when account or person is closed, closing or erased. */
  key: Buffer | null
  person: FleetPerson | null
}

/**
 * The content of a row, to notice that it changed between two imports. Keyed, because a plain hash would let
 * anyone who guesses a row confirm the person in it.
 */
export function sourceDigest(keys: VaultKeys, row: FleetRow): Buffer {
  const content = JSON.stringify(fleetColumns.map((name) => row.fields[name]))
  return createHmac('sha256', keys.indexKey).update(`fleet-row:${content}`).digest()
}

export async function knownCards(
  tx: Tx,
  issuerId: string,
  rows: FleetRow[],
): Promise<Map<string, KnownCard>> {
  const found = await tx
    .selectFrom('card')
    .select(['iccid', 'source_digest'])
    .where('issuer_id', '=', issuerId)
    .where('iccid', '=', sql<string>`any(${rows.map((row) => row.iccid)}::text[])`)
    .execute()
  return new Map(found.map((card) => [card.iccid, { digest: card.source_digest }]))
}

/** Accounts the rows name, with the person opened from the vault to be compared. */
export async function knownAccounts(
  tx: Tx,
  keys: VaultKeys,
  input: { issuerId: string; rows: FleetRow[] },
): Promise<Map<string, KnownAccount>> {
  const refs = [...new Set(input.rows.map((row) => row.accountRef))]
  const found = await tx
    .selectFrom('account as a')
    .innerJoin('holder as h', (join) =>
      join.onRef('h.issuer_id', '=', 'a.issuer_id').onRef('h.holder_id', '=', 'a.holder_id'),
    )
    .select(['a.account_ref', 'a.account_id', 'a.state', 'a.locale', 'h.holder_id', 'h.wrapped_key'])
    .where('a.issuer_id', '=', input.issuerId)
    .where('a.account_ref', '=', sql<string>`any(${refs}::text[])`)
    // A closure of the account waits until these rows are in, or they see that it is closing.
    .forShare('a')
    .execute()
  const accounts = new Map<string, KnownAccount>()
  if (found.length === 0) return accounts
  const sealed = await sealedPersons(
    tx,
    input.issuerId,
    found.map((row) => row.holder_id),
  )
  for (const row of found) {
    const { account_id: accountId, holder_id: holderId } = row
    const usable = row.state === 'open' ? row.wrapped_key : null
    const key = usable && openHolderKey(keys, input.issuerId, holderId, usable)
    const person = key && openPerson(key, { issuerId: input.issuerId, holderId }, sealed.get(holderId) ?? [])
    accounts.set(row.account_ref, {
      accountId,
      holderId,
      key,
      person: person && { ...person, locale: row.locale as FleetPerson['locale'] },
    })
  }
  return accounts
}

type PersonKind = 'name' | 'email' | 'phone' | 'residence'
type SealedDatum = { item_id: string; holder_id: string; kind: string; sealed: Buffer }

async function sealedPersons(
  tx: Tx,
  issuerId: string,
  holderIds: string[],
): Promise<Map<string, SealedDatum[]>> {
  const items = await tx
    .selectFrom('vault_item')
    .select(['item_id', 'holder_id', 'kind', 'sealed'])
    .where('issuer_id', '=', issuerId)
    .where('holder_id', '=', sql<string>`any(${holderIds}::uuid[])`)
    .where('kind', 'in', ['name', 'email', 'phone', 'residence'])
    .execute()
  return Map.groupBy(items, (item) => item.holder_id)
}

function openPerson(
  key: Buffer,
  place: { issuerId: string; holderId: string },
  items: SealedDatum[],
): Omit<FleetPerson, 'locale'> {
  const person: Record<PersonKind, string | null> = { name: null, email: null, phone: null, residence: null }
  for (const item of items) {
    const kind = item.kind as PersonKind
    person[kind] = unsealDatum(key, { ...place, itemId: item.item_id, kind }, item.sealed)
  }
  return { ...person, name: person.name ?? '', residence: person.residence ?? '' }
}

export function samePerson(a: FleetPerson, b: FleetPerson): boolean {
  return (
    a.name === b.name &&
    a.email === b.email &&
    a.phone === b.phone &&
    a.residence === b.residence &&
    a.locale === b.locale
  )
}
