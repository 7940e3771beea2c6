import { createHash, timingSafeEqual } from 'node:crypto'
import type pg from 'pg'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'

/**
 * Usage is reported by the operator's network, not by a person: no session, no step-up, and none of what a person may
 * see. So it has keys of its own, each for one issuer and this one act: `usage.<issuer>.<key id>.<secret>`.
 */
export type UsageKey = {
  issuerId: string
  keyId: string
  name: string
  createdAt: Date
  revokedAt: Date | null
}

/** A revoked key is refused at the latest after this. */
export const remembered_seconds = 10
const tokenRule = /^usage\.([a-z][a-z0-9]{1,19})\.([a-z0-9]{9})\.([\w-]{43})$/

const hashOf = (secret: string) => createHash('sha256').update(secret).digest()

/** A new key. Its token (256 bits) is given out once; only a hash of it is stored. */
export async function addUsageKey(
  ctx: Context,
  input: { issuerId: string; name: string },
): Promise<{ keyId: string; token: string }> {
  const { issuerId, name } = input
  const keyId = ctx.ids.readable().replace('-', '').toLowerCase()
  const secret = ctx.ids.secret(32)
  await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .insertInto('usage_key')
      .values({
        issuer_id: issuerId,
        key_id: keyId,
        name,
        secret_hash: hashOf(secret),
        created_at: ctx.clock.now(),
      })
      .execute(),
  )
  return { keyId, token: `usage.${issuerId}.${keyId}.${secret}` }
}

/** False when there is no such key, or it was revoked before. */
export async function revokeUsageKey(
  ctx: Context,
  input: { issuerId: string; keyId: string },
): Promise<boolean> {
  const done = await inIssuer(ctx.db, input.issuerId, (tx) =>
    tx
      .updateTable('usage_key')
      .set({ revoked_at: ctx.clock.now() })
      .where('issuer_id', '=', input.issuerId)
      .where('key_id', '=', input.keyId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst(),
  )
  return done.numUpdatedRows > 0n
}

/** The keys of an issuer, oldest first; never their secrets. */
export async function listUsageKeys(ctx: Context, issuerId: string): Promise<UsageKey[]> {
  const rows = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('usage_key')
      .select(['key_id', 'name', 'created_at', 'revoked_at'])
      .where('issuer_id', '=', issuerId)
      .orderBy('created_at')
      .execute(),
  )
  return rows.map((row) => ({
    issuerId,
    keyId: row.key_id,
    name: row.name,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }))
}

type Remembered = Map<string, { issuerId: string; atMs: number }>
const remembered = new WeakMap<pg.Pool, Remembered>()
const most_remembered = 1_000

/** The issuer that a token may report for; undefined for one that is wrong or revoked. */
export async function issuerOfUsageKey(ctx: Context, token: string): Promise<string | undefined> {
  const [, issuerId, keyId, secret] = tokenRule.exec(token) ?? []
  if (!issuerId || !keyId || !secret) return undefined
  let known = remembered.get(ctx.pool)
  if (!known) remembered.set(ctx.pool, (known = new Map()))
  const now = ctx.clock.now().getTime()
  const hash = hashOf(secret)
  const place = `${issuerId}/${keyId}/${hash.toString('base64')}`
  const before = known.get(place)
  // Once for some seconds: thousands of batches come with the same key.
  if (before && Math.abs(now - before.atMs) < remembered_seconds * 1000) return issuerId
  const row = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('usage_key')
      .select('secret_hash')
      .where('issuer_id', '=', issuerId)
      .where('key_id', '=', keyId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst(),
  )
  if (!row || !timingSafeEqual(row.secret_hash, hash)) {
    known.delete(place)
    return undefined
  }
  if (known.size >= most_remembered) known.clear()
  known.set(place, { issuerId, atMs: now })
  return issuerId
}
