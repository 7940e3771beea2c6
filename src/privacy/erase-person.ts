import { randomBytes } from 'node:crypto'
import type { PaidWith } from '../adapters/payment/port.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { seal, unseal } from './sealed-box.ts'

/**
 * Forgets a person: the wrapped data key goes first of all, then what it sealed, the indexes and the sessions.
 * Whoever finds the values in a backup has no key to them. Answers how many values went dark.
 */
export async function erasePersonRows(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; holderId: string },
): Promise<{ values: number }> {
  const { issuerId, holderId } = input
  await tx
    .updateTable('holder')
    .set({ wrapped_key: null, erased_at: ctx.clock.now() })
    .where('issuer_id', '=', issuerId)
    .where('holder_id', '=', holderId)
    .execute()
  const gone = await tx
    .deleteFrom('vault_item')
    .where('issuer_id', '=', issuerId)
    .where('holder_id', '=', holderId)
    .executeTakeFirst()
  const index = await tx
    .deleteFrom('vault_index')
    .where('issuer_id', '=', issuerId)
    .where('holder_id', '=', holderId)
    .returning(['kind', 'fingerprint'])
    .execute()
  // The digest of an imported row could be tried out against guesses of what the row said.
  await tx
    .updateTable('card')
    .set({ source_digest: null })
    .where('issuer_id', '=', issuerId)
    .where('account_id', 'in', (q) =>
      q
        .selectFrom('account')
        .select('account_id')
        .where('issuer_id', '=', issuerId)
        .where('holder_id', '=', holderId),
    )
    .execute()
  // Where somebody was and when says who they are; what was charged names the zone that it was charged by.
  await tx
    .updateTable('usage_record')
    .set({ country: null, content_hash: Buffer.alloc(0) })
    .where('issuer_id', '=', issuerId)
    .where((e) => e.or([e('country', 'is not', null), e('content_hash', '<>', Buffer.alloc(0))]))
    .where('card_id', 'in', (q) =>
      q
        .selectFrom('card as c')
        .innerJoin('account as a', (j) =>
          j.onRef('a.issuer_id', '=', 'c.issuer_id').onRef('a.account_id', '=', 'c.account_id'),
        )
        .select('c.card_id')
        .where('a.issuer_id', '=', issuerId)
        .where('a.holder_id', '=', holderId),
    )
    .execute()
  for (const { kind, fingerprint } of index) await endSessions(tx, issuerId, kind, fingerprint)
  return { values: Number(gone.numDeletedRows) }
}

/** Sessions and codes of an address that leads to nobody any more. */
async function endSessions(tx: Tx, issuerId: string, kind: string, fingerprint: Buffer): Promise<void> {
  const left = await tx
    .selectFrom('vault_index')
    .select('holder_id')
    .where('issuer_id', '=', issuerId)
    .where('kind', '=', kind)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirst()
  if (left) return
  await tx
    .deleteFrom('session')
    .where('issuer_id', '=', issuerId)
    .where('fingerprint', '=', fingerprint)
    .execute()
  await tx
    .deleteFrom('access_code')
    .where('issuer_id', '=', issuerId)
    .where('fingerprint', '=', fingerprint)
    .execute()
}

type PartingPlace = { issuerId: string; closureId: string }
const place = (p: PartingPlace) => `parting/${p.issuerId}/${p.closureId}`

/**
 * The last address of a person who is about to be erased, for the one mail that is still owed: the certificate; and what
 * their payments were made with, by payment id, which both name. It has a key of its own, destroyed when that mail is
 * taken (tell.ts).
 */
export async function writePartingEnvelope(
  ctx: Context,
  tx: Tx,
  input: PartingPlace & { email: string; paidWith: Map<string, PaidWith> },
): Promise<void> {
  const { wrapKey } = await ctx.keys.vault(input.issuerId)
  const key = randomBytes(32)
  const paidWith = JSON.stringify([...input.paidWith])
  await tx
    .insertInto('parting_envelope')
    .values({
      issuer_id: input.issuerId,
      closure_id: input.closureId,
      wrapped_key: seal(wrapKey, `${place(input)}/key`, key),
      sealed: seal(key, place(input), Buffer.from(input.email)),
      paid_with:
        input.paidWith.size > 0 ? seal(key, `${place(input)}/paid_with`, Buffer.from(paidWith)) : null,
    })
    .execute()
}

/** The address in the envelope; null when there is none (any more). */
export async function openPartingEnvelope(ctx: Context, tx: Tx, at: PartingPlace): Promise<string | null> {
  const row = await tx
    .selectFrom('parting_envelope')
    .select(['wrapped_key', 'sealed'])
    .where('issuer_id', '=', at.issuerId)
    .where('closure_id', '=', at.closureId)
    .executeTakeFirst()
  if (!row) return null
  const { wrapKey } = await ctx.keys.vault(at.issuerId)
  const key = unseal(wrapKey, `${place(at)}/key`, row.wrapped_key)
  return unseal(key, place(at), row.sealed).toString('utf8')
}

/** What payments were made with, by payment id, of a person who is erased by now; empty when there is no envelope (any more). */
export async function openPartingPaidWith(
  ctx: Context,
  tx: Tx,
  at: PartingPlace,
): Promise<Map<string, PaidWith>> {
  const row = await tx
    .selectFrom('parting_envelope')
    .select(['wrapped_key', 'paid_with'])
    .where('issuer_id', '=', at.issuerId)
    .where('closure_id', '=', at.closureId)
    .executeTakeFirst()
  if (!row?.paid_with) return new Map()
  const { wrapKey } = await ctx.keys.vault(at.issuerId)
  const key = unseal(wrapKey, `${place(at)}/key`, row.wrapped_key)
  const opened = unseal(key, `${place(at)}/paid_with`, row.paid_with).toString('utf8')
  return new Map(JSON.parse(opened) as [string, PaidWith][])
}

export async function burnPartingEnvelope(tx: Tx, at: PartingPlace): Promise<void> {
  await tx
    .deleteFrom('parting_envelope')
    .where('issuer_id', '=', at.issuerId)
    .where('closure_id', '=', at.closureId)
    .execute()
}
