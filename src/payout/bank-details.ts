import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { openHolderKey, sealDatum, unsealDatum } from '../privacy/vault.ts'

/** Where a transfer goes: an IBAN that was checked (iban.ts) and the account's name in the banks' signs (bank-name.ts). */
export type BankDetails = { iban: string; name: string }

/**
 * The account that the holder gave for one closure (the item has its id) or order (purchase_order.bank_item_id); it lives
 * in the vault, under the holder's key.
 */
type Place = { issuerId: string; holderId: string; itemId: string }
const vaultPlace = ({ issuerId, holderId, itemId }: Place) => ({
  issuerId,
  holderId,
  itemId,
  kind: 'bank' as const,
})

/** Keeps it, over what was given before, as a naming of its own. False when the person has been erased: there is no key to keep it under. */
export async function keepBankDetails(
  ctx: Context,
  tx: Tx,
  place: Place,
  details: BankDetails,
): Promise<boolean> {
  const key = await holderKey(ctx, tx, place)
  if (!key) return false
  const sealed = sealDatum(key, vaultPlace(place), JSON.stringify(details))
  const naming_id = ctx.ids.next()
  await tx
    .insertInto('vault_item')
    .values({
      issuer_id: place.issuerId,
      item_id: place.itemId,
      holder_id: place.holderId,
      kind: 'bank',
      sealed,
      naming_id,
    })
    .onConflict((c) => c.columns(['issuer_id', 'item_id']).doUpdateSet({ sealed, naming_id }))
    .execute()
  return true
}

/** Null when none was given, or it has been forgotten. */
export async function readBankDetails(ctx: Context, tx: Tx, place: Place): Promise<BankDetails | null> {
  const row = await tx
    .selectFrom('vault_item')
    .select('sealed')
    .where('issuer_id', '=', place.issuerId)
    .where('item_id', '=', place.itemId)
    .where('kind', '=', 'bank')
    .executeTakeFirst()
  const key = row && (await holderKey(ctx, tx, place))
  return key ? (JSON.parse(unsealDatum(key, vaultPlace(place), row.sealed)) as BankDetails) : null
}

export async function hasBankDetails(
  tx: Tx,
  place: { issuerId: string; closureId: string },
): Promise<boolean> {
  const row = await tx
    .selectFrom('vault_item')
    .select('item_id')
    .where('issuer_id', '=', place.issuerId)
    .where('item_id', '=', place.closureId)
    .where('kind', '=', 'bank')
    .executeTakeFirst()
  return row !== undefined
}

/** Once the money is there nobody needs it any more; as long as one transfer of the closure is open it stays. */
export async function forgetBankDetails(
  tx: Tx,
  place: { issuerId: string; closureId: string },
): Promise<void> {
  await tx
    .deleteFrom('vault_item')
    .where('issuer_id', '=', place.issuerId)
    .where('item_id', '=', place.closureId)
    .where('kind', '=', 'bank')
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('payout_part')
            .select('part_id')
            .where('issuer_id', '=', place.issuerId)
            .where('closure_id', '=', place.closureId)
            .where('route', '=', 'bank_transfer')
            .where('state', 'in', ['waiting', 'sent']),
        ),
      ),
    )
    .execute()
}

export async function hasOrderAccount(
  tx: Tx,
  { issuerId, orderId }: { issuerId: string; orderId: string },
): Promise<boolean> {
  const { rows } = await sql`
    select 1 from vault_item v join purchase_order o on o.issuer_id = v.issuer_id and o.bank_item_id = v.item_id
     where o.issuer_id = ${issuerId} and o.order_id = ${orderId} and v.kind = 'bank'`.execute(tx)
  return rows.length > 0
}

/** The same for an order, by its buyer's account. Whoever erases a person takes it along. */
export async function forgetOrderAccount(
  tx: Tx,
  { issuerId, orderId }: { issuerId: string; orderId: string },
): Promise<void> {
  await sql`
    delete from vault_item v using purchase_order o
     where o.issuer_id = ${issuerId} and o.order_id = ${orderId}
       and v.issuer_id = o.issuer_id and v.item_id = o.bank_item_id and v.kind = 'bank'
       and not exists (select 1 from payout_part p
                        where p.issuer_id = o.issuer_id and p.route = 'bank_transfer' and p.state in ('waiting', 'sent')
                          and (p.order_id = o.order_id
                               or p.receipt_id in (select receipt_id from unmatched_receipt r
                                                    where r.issuer_id = o.issuer_id and r.order_id = o.order_id)))`.execute(
    tx,
  )
}

/**
 * A transfer came back: the account it went to (payout_part.naming_id) is no use for the next try. One that was named
 * since, after another transfer had come back, stays.
 */
export async function forgetReturnedAccount(
  tx: Tx,
  of: { issuerId: string; namingId: string | null } & ({ closureId: string } | { orderId: string }),
): Promise<void> {
  const item =
    'closureId' in of
      ? sql`${of.closureId}::uuid`
      : sql`(select bank_item_id from purchase_order
              where issuer_id = ${of.issuerId} and order_id = ${of.orderId})`
  await sql`
    delete from vault_item
     where issuer_id = ${of.issuerId} and item_id = ${item} and kind = 'bank'
       and naming_id is not distinct from ${of.namingId}::uuid`.execute(tx)
}

async function holderKey(ctx: Context, tx: Tx, place: Place): Promise<Buffer | null> {
  const row = await tx
    .selectFrom('holder')
    .select('wrapped_key')
    .where('issuer_id', '=', place.issuerId)
    .where('holder_id', '=', place.holderId)
    .executeTakeFirst()
  if (!row?.wrapped_key) return null
  return openHolderKey(await ctx.keys.vault(place.issuerId), place.issuerId, place.holderId, row.wrapped_key)
}
