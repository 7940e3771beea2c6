import { createHmac, randomBytes } from 'node:crypto'
import type { VaultKeys } from '../adapters/keys/port.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { keyObject, seal, unseal } from './sealed-box.ts'

/**
 * The one home of personal data. Each holder has a data key, wrapped by the issuer's; whoever destroys the
 * wrapped key (src/privacy/erase-person.ts) makes every value unreadable, in backups and replicas too.
 */

/**
 * What is kept of a person. `line` values carry the card's id as item id, `bank` ones (src/payout/bank-details.ts) the
 * closure's, `activation` codes the order's that they came with, `paid_with` (src/payment/paid-with.ts) the payment's, the
 * others an id of their own.
 */
export type DatumKind =
  'name' | 'email' | 'phone' | 'residence' | 'line' | 'bank' | 'activation' | 'paid_with'
export type Contact = 'email' | 'phone'

/** The personal part of a card: numbers that lead to the person or the device. */
export type LineIdentity = { eid: string | null; imsi: string; msisdn: string }

type Place = { issuerId: string; holderId: string; itemId: string; kind: DatumKind }
const placeOf = (p: Place) => `vault/${p.issuerId}/${p.holderId}/${p.kind}/${p.itemId}`
const keyPlace = (issuerId: string, holderId: string) => `holder/${issuerId}/${holderId}`

/** A new holder's key: the open one to seal with now, the wrapped one for the holder row. */
export function newHolderKey(
  keys: VaultKeys,
  issuerId: string,
  holderId: string,
): { open: Buffer; wrapped: Buffer } {
  const open = randomBytes(32)
  return { open, wrapped: seal(keys.wrapKey, keyPlace(issuerId, holderId), open) }
}

/** Opens a holder's data key. Throws when the wrapped key belongs to someone else. */
export function openHolderKey(
  keys: VaultKeys,
  issuerId: string,
  holderId: string,
  wrapped: Uint8Array,
): Buffer {
  return unseal(keys.wrapKey, keyPlace(issuerId, holderId), wrapped)
}

export function sealDatum(key: Uint8Array, place: Place, value: string): Buffer {
  return seal(key, placeOf(place), Buffer.from(value, 'utf8'))
}

export function unsealDatum(key: Uint8Array, place: Place, sealed: Uint8Array): string {
  return unseal(key, placeOf(place), sealed).toString('utf8')
}

/** Blind index: finds the person behind an e-mail or phone without storing either. 32 bytes, HMAC-SHA-256. */
export function fingerprint(keys: VaultKeys, kind: Contact, value: string): Buffer {
  return createHmac('sha256', keyObject(keys.indexKey))
    .update(`${kind}:${normalise(kind, value)}`)
    .digest()
}

function normalise(kind: Contact, value: string): string {
  const tidy = value.trim().normalize('NFKC')
  return kind === 'email' ? tidy.toLowerCase() : tidy.replace(/[^\d+]/g, '')
}

export type Person = {
  name: string | null
  email: string | null
  phone: string | null
  residence: string | null
  lines: Map<string, LineIdentity>
  /** By order id: what a phone downloads the profile with. */
  activations: Map<string, string>
}

/** Whether the holder's key is gone: nothing can be read of them, or kept for them, any more. */
export async function isHolderErased(
  tx: Tx,
  { issuerId, holderId }: { issuerId: string; holderId: string },
): Promise<boolean> {
  const row = await tx
    .selectFrom('holder')
    .select('wrapped_key')
    .where('issuer_id', '=', issuerId)
    .where('holder_id', '=', holderId)
    .executeTakeFirst()
  return !row?.wrapped_key
}

/** Everything the vault holds of one person; null when the person has been erased. `lines` is by card id. */
export async function readPerson(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  holderId: string,
): Promise<Person | null> {
  const rows = await tx
    .selectFrom('holder as h')
    .leftJoin('vault_item as v', (join) =>
      join.onRef('v.issuer_id', '=', 'h.issuer_id').onRef('v.holder_id', '=', 'h.holder_id'),
    )
    .select(['h.wrapped_key', 'v.item_id', 'v.kind', 'v.sealed'])
    .where('h.issuer_id', '=', issuerId)
    .where('h.holder_id', '=', holderId)
    .execute()
  const wrapped = rows[0]?.wrapped_key
  if (!wrapped) return null
  const key = openHolderKey(await ctx.keys.vault(issuerId), issuerId, holderId, wrapped)
  const person: Person = {
    name: null,
    email: null,
    phone: null,
    residence: null,
    lines: new Map(),
    activations: new Map(),
  }
  for (const row of rows) {
    if (!row.item_id || !row.sealed) continue
    const kind = row.kind as DatumKind
    if (kind === 'bank' || kind === 'paid_with') continue
    const value = unsealDatum(key, { issuerId, holderId, itemId: row.item_id, kind }, row.sealed)
    if (kind === 'line') person.lines.set(row.item_id, JSON.parse(value) as LineIdentity)
    else if (kind === 'activation') person.activations.set(row.item_id, value)
    else person[kind] = value
  }
  return person
}

/** The numbers of one card; null when the person has been erased or the card has none. */
export async function readLine(
  ctx: Context,
  tx: Tx,
  card: { issuerId: string; cardId: string },
): Promise<LineIdentity | null> {
  const row = await tx
    .selectFrom('vault_item as v')
    .innerJoin('holder as h', (join) =>
      join.onRef('v.issuer_id', '=', 'h.issuer_id').onRef('v.holder_id', '=', 'h.holder_id'),
    )
    .select(['h.wrapped_key', 'h.holder_id', 'v.sealed'])
    .where('v.issuer_id', '=', card.issuerId)
    .where('v.item_id', '=', card.cardId)
    .where('v.kind', '=', 'line')
    .executeTakeFirst()
  if (!row?.wrapped_key) return null
  const keys = await ctx.keys.vault(card.issuerId)
  const key = openHolderKey(keys, card.issuerId, row.holder_id, row.wrapped_key)
  const place: Place = { issuerId: card.issuerId, holderId: row.holder_id, itemId: card.cardId, kind: 'line' }
  return JSON.parse(unsealDatum(key, place, row.sealed)) as LineIdentity
}

/** The holders who have this contact (one e-mail may serve several accounts brought from an old system). */
export async function findHolders(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; kind: Contact; value: string },
): Promise<string[]> {
  const keys = await ctx.keys.vault(input.issuerId)
  const rows = await tx
    .selectFrom('vault_index')
    .select('holder_id')
    .where('issuer_id', '=', input.issuerId)
    .where('kind', '=', input.kind)
    .where('fingerprint', '=', fingerprint(keys, input.kind, input.value))
    .execute()
  return rows.map((row) => row.holder_id)
}
