import { sql } from 'kysely'
import type { PaidWith } from '../adapters/payment/port.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { openHolderKey, sealDatum, unsealDatum } from '../privacy/vault.ts'

/**
 * What payments were made with: "your card ending 4242". It leads to a person, so that it lives in the vault under the
 * holder's key, by the payment's id, and goes with the person (docs/adr/0038).
 */
type Whose = { issuerId: string; holderId: string }
const vaultPlace = ({ issuerId, holderId }: Whose, paymentId: string) => ({
  issuerId,
  holderId,
  itemId: paymentId,
  kind: 'paid_with' as const,
})

/**
 * Keeps it, or that the provider does not say it, so that it is asked once. Nothing is kept of an erased person, and nothing
 * under a holder's key that another one paid with.
 */
export async function keepPaidWith(
  ctx: Context,
  tx: Tx,
  whose: Whose & { paymentId: string },
  paidWith: PaidWith | null,
): Promise<void> {
  const { issuerId, holderId, paymentId } = whose
  const { rows } = await sql<{ wrapped_key: Buffer }>`
    select h.wrapped_key from payment p
      join holder h on h.issuer_id = p.issuer_id and h.holder_id = ${holderId}
      left join purchase_order o on o.issuer_id = p.issuer_id and o.order_id = p.order_id
     where p.issuer_id = ${issuerId} and p.payment_id = ${paymentId} and h.wrapped_key is not null
       and (o.order_id is null or o.holder_id = h.holder_id)`.execute(tx)
  const wrapped = rows[0]?.wrapped_key
  if (!wrapped) return
  const key = openHolderKey(await ctx.keys.vault(issuerId), issuerId, holderId, wrapped)
  const sealed = sealDatum(key, vaultPlace(whose, paymentId), JSON.stringify(paidWith))
  await tx
    .insertInto('vault_item')
    .values({ issuer_id: issuerId, item_id: paymentId, holder_id: holderId, kind: 'paid_with', sealed })
    .onConflict((c) =>
      c
        .columns(['issuer_id', 'item_id'])
        .doUpdateSet({ sealed })
        .where('vault_item.holder_id', '=', holderId),
    )
    .execute()
}

/** What this holder paid with, by payment id; nothing of payments of which it is not known, or which somebody else made. */
export async function readPaidWith(
  ctx: Context,
  tx: Tx,
  whose: Whose,
  paymentIds: string[],
): Promise<Map<string, PaidWith>> {
  const found = new Map<string, PaidWith>()
  if (paymentIds.length === 0) return found
  const { issuerId, holderId } = whose
  const rows = await tx
    .selectFrom('vault_item as v')
    .innerJoin('holder as h', (join) =>
      join.onRef('h.issuer_id', '=', 'v.issuer_id').onRef('h.holder_id', '=', 'v.holder_id'),
    )
    .select(['v.item_id', 'v.sealed', 'h.wrapped_key'])
    .where('v.issuer_id', '=', issuerId)
    .where('v.holder_id', '=', holderId)
    .where('v.kind', '=', 'paid_with')
    .where('v.item_id', 'in', paymentIds)
    .execute()
  const wrapped = rows[0]?.wrapped_key
  if (!wrapped) return found
  const key = openHolderKey(await ctx.keys.vault(issuerId), issuerId, holderId, wrapped)
  for (const { item_id: paymentId, sealed } of rows) {
    const value = JSON.parse(unsealDatum(key, vaultPlace(whose, paymentId), sealed)) as PaidWith | null
    if (value) found.set(paymentId, value)
  }
  return found
}
