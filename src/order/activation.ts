import { createHmac } from 'node:crypto'
import type { VaultKeys } from '../adapters/keys/port.ts'
import { writeVault } from '../card/write-people.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { openHolderKey, readPerson } from '../privacy/vault.ts'

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * The matching id of an order's profile: 100 bits that only we can derive, so that it can be asked for again after any
 * crash and stands in no journal. 20 signs in groups of five (SGP.22 v2.5, 4.1: digits, capitals, hyphen).
 */
export function matchingIdFor(keys: Pick<VaultKeys, 'codeKey'>, orderId: string): string {
  const mac = createHmac('sha256', keys.codeKey).update(`matching/${orderId}`).digest()
  const signs = [...mac.subarray(0, 20)].map((byte) => crockford[byte % 32]!).join('')
  return signs.replace(/.{5}(?=.)/g, '$&-')
}

/** SGP.22 v2.5, 4.1: what the QR code holds. */
export function activationCode(smdpAddress: string, matchingId: string): string {
  return `LPA:1$${smdpAddress}$${matchingId}`
}

type Place = { issuerId: string; holderId: string; orderId: string }

/** Seals the code for its buyer; again writes over it. False when the person has been erased. */
export async function keepActivation(ctx: Context, tx: Tx, at: Place, code: string): Promise<boolean> {
  const holder = await tx
    .selectFrom('holder')
    .select('wrapped_key')
    .where('issuer_id', '=', at.issuerId)
    .where('holder_id', '=', at.holderId)
    .executeTakeFirst()
  if (!holder?.wrapped_key) return false
  const keys = await ctx.keys.vault(at.issuerId)
  const key = openHolderKey(keys, at.issuerId, at.holderId, holder.wrapped_key)
  await tx
    .deleteFrom('vault_item')
    .where('issuer_id', '=', at.issuerId)
    .where('item_id', '=', at.orderId)
    .execute()
  await writeVault(tx, at.issuerId, [
    { itemId: at.orderId, holderId: at.holderId, key, kind: 'activation', value: code },
  ])
  return true
}

export async function readActivation(ctx: Context, tx: Tx, at: Place): Promise<string | null> {
  const person = await readPerson(ctx, tx, at.issuerId, at.holderId)
  return person?.activations.get(at.orderId) ?? null
}
