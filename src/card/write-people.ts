import { sql } from 'kysely'
import type { VaultKeys } from '../adapters/keys/port.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { type Contact, type DatumKind, fingerprint, newHolderKey, sealDatum } from '../privacy/vault.ts'
import type { KnownAccount } from './known-rows.ts'
import type { FleetPerson } from './read-row.ts'

/** An account to be made, with the person behind it. */
export type NewAccount = KnownAccount & {
  accountRef: string
  person: FleetPerson
  key: Buffer
  wrapped: Buffer
}
/** A value to be sealed for a holder and written to the vault. */
export type VaultValue = { itemId: string; holderId: string; key: Buffer; kind: DatumKind; value: string }

export function newAccount(
  ctx: Context,
  keys: VaultKeys,
  input: { issuerId: string; accountRef: string; person: FleetPerson },
): NewAccount {
  const holderId = ctx.ids.next()
  const { open, wrapped } = newHolderKey(keys, input.issuerId, holderId)
  const { accountRef, person } = input
  return { accountId: ctx.ids.next(), holderId, accountRef, person, key: open, wrapped }
}

/** Writes holders, accounts, their personal values and the blind index: one statement a table. */
export async function writePeople(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; keys: VaultKeys; accounts: NewAccount[] },
): Promise<void> {
  const { issuerId, keys, accounts } = input
  if (accounts.length === 0) return
  const now = ctx.clock.now()
  const holders = accounts.map((a) => a.holderId)
  await sql`insert into holder (issuer_id, holder_id, wrapped_key, created_at)
    select ${issuerId}, h, k, ${now}::timestamptz
      from unnest(${holders}::uuid[], ${accounts.map((a) => a.wrapped)}::bytea[]) as r (h, k)`.execute(tx)
  await sql`insert into account (issuer_id, account_id, account_ref, holder_id, jurisdiction, locale, created_at)
    select ${issuerId}, r.*, ${now}::timestamptz
      from unnest(${accounts.map((a) => a.accountId)}::uuid[], ${accounts.map((a) => a.accountRef)}::text[],
        ${holders}::uuid[], ${accounts.map((a) => a.person.residence)}::text[],
        ${accounts.map((a) => a.person.locale)}::text[]) as r`.execute(tx)
  await writeVault(
    tx,
    issuerId,
    accounts.flatMap((a) => valuesOf(ctx, a)),
  )
  await writeIndex(
    tx,
    issuerId,
    accounts.flatMap((a) => contactsOf(keys, a)),
  )
}

function valuesOf(ctx: Context, { holderId, key, person }: NewAccount): VaultValue[] {
  const kinds = ['name', 'email', 'phone', 'residence'] as const satisfies DatumKind[]
  return kinds.flatMap((kind) => {
    const value = person[kind]
    return value ? [{ itemId: ctx.ids.next(), holderId, key, kind, value }] : []
  })
}

/** Seals and writes values of one issuer's holders. */
export async function writeVault(tx: Tx, issuerId: string, values: VaultValue[]): Promise<void> {
  const sealed = values.map(({ itemId, holderId, key, kind, value }) =>
    sealDatum(key, { issuerId, holderId, itemId, kind }, value),
  )
  await sql`insert into vault_item (issuer_id, item_id, holder_id, kind, sealed)
    select ${issuerId}, r.*
      from unnest(${values.map((v) => v.itemId)}::uuid[], ${values.map((v) => v.holderId)}::uuid[],
        ${values.map((v) => v.kind)}::text[], ${sealed}::bytea[]) as r`.execute(tx)
}

type IndexEntry = { kind: Contact; print: Buffer; holderId: string }

function contactsOf(keys: VaultKeys, { holderId, person }: NewAccount): IndexEntry[] {
  const kinds: Contact[] = ['email', 'phone']
  return kinds.flatMap((kind) => {
    const value = person[kind]
    return value ? [{ kind, print: fingerprint(keys, kind, value), holderId }] : []
  })
}

async function writeIndex(tx: Tx, issuerId: string, entries: IndexEntry[]): Promise<void> {
  await sql`insert into vault_index (issuer_id, kind, fingerprint, holder_id)
    select ${issuerId}, r.*
      from unnest(${entries.map((e) => e.kind)}::text[], ${entries.map((e) => e.print)}::bytea[],
        ${entries.map((e) => e.holderId)}::uuid[]) as r`.execute(tx)
}
