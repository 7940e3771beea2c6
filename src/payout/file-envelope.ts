import { createHash, randomBytes } from 'node:crypto'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { seal, unseal } from '../privacy/sealed-box.ts'

/**
 * A file for the bank names people and their accounts, so it is kept sealed under a key of its own: the same bytes
 * can be had again for as long as one of its transfers is open, 30 days at most, and nobody can read it after.
 */
// Of one transfer that never ends the others' people, erased long since, must not lie readable for good.
export const kept_days = 30

type Place = { issuerId: string; fileId: string }
const place = (p: Place) => `payout-file/${p.issuerId}/${p.fileId}`

export async function keepPayoutFile(
  ctx: Context,
  tx: Tx,
  at: Place,
  file: { bytes: Buffer; transfers: number },
): Promise<string> {
  const { wrapKey } = await ctx.keys.vault(at.issuerId)
  const key = randomBytes(32)
  const sha256 = createHash('sha256').update(file.bytes).digest('hex')
  await tx
    .insertInto('payout_file')
    .values({
      issuer_id: at.issuerId,
      file_id: at.fileId,
      transfers: file.transfers,
      sha256,
      wrapped_key: seal(wrapKey, `${place(at)}/key`, key),
      sealed: seal(key, place(at), file.bytes),
      created_at: ctx.clock.now(),
    })
    .execute()
  return sha256
}

/** The bytes that were written before; `burned` when all its transfers have ended or it is too old; undefined when there is no such file. */
export async function openPayoutFile(
  ctx: Context,
  tx: Tx,
  at: Place,
): Promise<Buffer | 'burned' | undefined> {
  const row = await tx
    .selectFrom('payout_file')
    .select(['wrapped_key', 'sealed'])
    .where('issuer_id', '=', at.issuerId)
    .where('file_id', '=', at.fileId)
    .executeTakeFirst()
  if (!row) return undefined
  if (!row.wrapped_key || !row.sealed) return 'burned'
  const { wrapKey } = await ctx.keys.vault(at.issuerId)
  return unseal(unseal(wrapKey, `${place(at)}/key`, row.wrapped_key), place(at), row.sealed)
}

/** Destroys key and content once none of its transfers is under way any more. */
export async function burnPayoutFile(ctx: Context, tx: Tx, at: Place): Promise<void> {
  await tx
    .updateTable('payout_file')
    .set({ wrapped_key: null, sealed: null, burned_at: ctx.clock.now() })
    .where('issuer_id', '=', at.issuerId)
    .where('file_id', '=', at.fileId)
    .where('burned_at', 'is', null)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('payout_part')
            .select('part_id')
            .where('issuer_id', '=', at.issuerId)
            .where('file_id', '=', at.fileId)
            .where('state', '=', 'sent'),
        ),
      ),
    )
    .execute()
}

/** Destroys what is older than 30 days, whatever its transfers do. Meant for a minute job; answers how many files. */
export async function burnOldFiles(ctx: Context): Promise<number> {
  const now = ctx.clock.now()
  let burned = 0
  for (const { issuerId } of await listIssuers(ctx.db))
    burned += await inIssuer(ctx.db, issuerId, async (tx) => {
      const old = await tx
        .updateTable('payout_file')
        .set({ wrapped_key: null, sealed: null, burned_at: now })
        .where('issuer_id', '=', issuerId)
        .where('burned_at', 'is', null)
        .where('created_at', '<', new Date(now.getTime() - kept_days * 86_400_000))
        .executeTakeFirst()
      return Number(old.numUpdatedRows)
    })
  return burned
}
