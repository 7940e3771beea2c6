import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'

/** A session is good for a day: long enough to see a closure through on a bad line, short enough for a lent phone. */
export const session_hours = 24

export type Session = {
  /** Blind index of the address that signed in. */
  fingerprint: Buffer
  /** Everyone who has this address now; empty once the person is erased. */
  holderIds: string[]
  /** What they read: of their accounts' the first one's, null where there is none. */
  locale: string | null
}

const hashOf = (token: string) => createHash('sha256').update(token).digest()

/** A new session for an address. The token (256 bits, base64url) is given out once; only its hash is stored. */
export async function openSession(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; fingerprint: Buffer },
): Promise<{ token: string }> {
  const token = ctx.ids.secret(32)
  const now = ctx.clock.now()
  await tx
    .insertInto('session')
    .values({
      issuer_id: input.issuerId,
      token_hash: hashOf(token),
      fingerprint: input.fingerprint,
      created_at: now,
      expires_at: new Date(now.getTime() + session_hours * 3_600_000),
    })
    .execute()
  return { token }
}

/** Whose session this is, looked up anew at each request: what an erased person could see is gone at once. */
export async function readSession(
  ctx: Context,
  issuerId: string,
  token: string,
): Promise<Session | undefined> {
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const rows = await tx
      .selectFrom('session as s')
      .leftJoin('vault_index as v', (j) =>
        j
          .onRef('v.issuer_id', '=', 's.issuer_id')
          .on('v.kind', '=', 'email')
          .onRef('v.fingerprint', '=', 's.fingerprint'),
      )
      .select(['s.fingerprint', 'v.holder_id', localeOfV.as('locale')])
      .where('s.issuer_id', '=', issuerId)
      .where('s.token_hash', '=', hashOf(token))
      .where('s.expires_at', '>', ctx.clock.now())
      .orderBy('v.holder_id')
      .execute()
    const [first] = rows
    const holderIds = rows.flatMap((row) => (row.holder_id === null ? [] : [row.holder_id]))
    const locale = rows.find((row) => row.locale !== null)?.locale ?? null
    return first && { fingerprint: first.fingerprint, holderIds, locale }
  })
}

export async function signOut(ctx: Context, issuerId: string, token: string): Promise<void> {
  await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .deleteFrom('session')
      .where('issuer_id', '=', issuerId)
      .where('token_hash', '=', hashOf(token))
      .execute(),
  )
}

/** What a holder reads, of a row `v` that names one. */
const localeOfV = sql<string | null>`
  (select a.locale from account a
    where a.issuer_id = v.issuer_id and a.holder_id = v.holder_id order by a.account_ref limit 1)`

/** Who has an address, and what they read; the same query whoever asks. */
export async function whoHas(
  tx: Tx,
  issuerId: string,
  fingerprint: Buffer,
): Promise<{ holderId: string; locale: string | null } | undefined> {
  const row = await tx
    .selectFrom('vault_index as v')
    .select(['v.holder_id', localeOfV.as('locale')])
    .where('v.issuer_id', '=', issuerId)
    .where('v.kind', '=', 'email')
    .where('v.fingerprint', '=', fingerprint)
    .orderBy('v.holder_id')
    .executeTakeFirst()
  return row && { holderId: row.holder_id, locale: row.locale }
}

/** The holders behind an e-mail's blind index. */
export async function holdersOf(tx: Tx, issuerId: string, fingerprint: Buffer): Promise<string[]> {
  const rows = await tx
    .selectFrom('vault_index')
    .select('holder_id')
    .where('issuer_id', '=', issuerId)
    .where('kind', '=', 'email')
    .where('fingerprint', '=', fingerprint)
    .orderBy('holder_id')
    .execute()
  return rows.map((row) => row.holder_id)
}
