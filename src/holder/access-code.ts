import { createHmac, timingSafeEqual } from 'node:crypto'
import type { VaultKeys } from '../adapters/keys/port.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'

/** Six digits sent to a known contact, for signing in or for proving who declared a closure. */

export type CodePurpose = 'sign_in' | 'identify'
/** Why a code did not work. A code that never existed looks like a wrong one. */
export type CodeFault = 'wrong' | 'expired' | 'used' | 'too_many'

export const code_lives_minutes = 10
export const code_attempts = 5
/** Mails overtake each other: the last few codes of a closure are all good until they expire. */
export const codes_at_once = 3

type NewCode = { issuerId: string } & (
  { purpose: 'sign_in'; fingerprint: Buffer } | { purpose: 'identify'; closureId: string }
)

/** Writes the row a code is derived from. The code itself is nowhere stored: `codeFor` says it to the mailer. */
export async function issueCode(ctx: Context, tx: Tx, input: NewCode): Promise<{ codeId: string }> {
  const codeId = ctx.ids.next()
  const now = ctx.clock.now()
  await tx
    .insertInto('access_code')
    .values({
      issuer_id: input.issuerId,
      code_id: codeId,
      purpose: input.purpose,
      fingerprint: input.purpose === 'sign_in' ? input.fingerprint : null,
      closure_id: input.purpose === 'identify' ? input.closureId : null,
      created_at: now,
      expires_at: new Date(now.getTime() + code_lives_minutes * 60_000),
    })
    .execute()
  return { codeId }
}

/** HMAC-SHA-256 of the code's id under the issuer's code key, dynamically truncated to 6 digits (RFC 4226, 5.3). */
export function codeFor(keys: Pick<VaultKeys, 'codeKey'>, codeId: string): string {
  const mac = createHmac('sha256', keys.codeKey).update(codeId).digest()
  const value = mac.readUInt32BE(mac[mac.length - 1]! & 0xf) & 0x7fffffff
  return String(value % 1_000_000).padStart(6, '0')
}

/** Until when a sign-in code can be entered; undefined when it can't, or never existed. */
export async function goodUntil(
  ctx: Context,
  { issuerId, codeId }: { issuerId: string; codeId: string },
): Promise<Date | undefined> {
  const code = await inIssuer(ctx.db, issuerId, (tx) =>
    tx
      .selectFrom('access_code')
      .select('expires_at')
      .where('issuer_id', '=', issuerId)
      .where('code_id', '=', codeId)
      .where('purpose', '=', 'sign_in')
      .where('used_at', 'is', null)
      .where('expires_at', '>', ctx.clock.now())
      .executeTakeFirst(),
  )
  return code?.expires_at
}

type CodeGuess = { issuerId: string; code: string } & (
  { purpose: 'sign_in'; codeId: string } | { purpose: 'identify'; closureId: string }
)
export type UsedCode = { codeId: string; fingerprint: Buffer | null }

/**
 * Tries a code; when it is right, spends it and runs `work` in the transaction that spends it: when `work` throws,
 * the code stays good and the attempt stays counted. The attempt is counted in a transaction of its own before,
 * so call this outside any transaction (one that waits for a second connection can starve the pool).
 * `work` may answer false to say the code is not good after all; then nothing is spent.
 */
export async function useCode(
  ctx: Context,
  guess: CodeGuess,
  work: (tx: Tx, used: UsedCode) => Promise<boolean | void>,
): Promise<'ok' | CodeFault> {
  const keys = await ctx.keys.vault(guess.issuerId)
  const tried = await inIssuer(ctx.db, guess.issuerId, (tx) => countAttempt(ctx, tx, guess))
  if (typeof tried === 'string') return tried
  const right = tried.filter((code) => sameCode(codeFor(keys, code.codeId), guess.code))[0]
  if (!right) return 'wrong'
  try {
    return await inIssuer(ctx.db, guess.issuerId, async (tx) => {
      const spent = await tx
        .updateTable('access_code')
        .set({ used_at: ctx.clock.now() })
        .where('issuer_id', '=', guess.issuerId)
        .where('code_id', '=', right.codeId)
        .where('used_at', 'is', null)
        .executeTakeFirst()
      if (spent.numUpdatedRows === 0n) return 'used'
      if ((await work(tx, right)) === false) throw notGood
      return 'ok'
    })
  } catch (error) {
    if (error === notGood) return 'wrong'
    throw error
  }
}

const notGood = new Error('the code does not count')

/** One more attempt on every code the guess could be for; the row locks make simultaneous guesses queue. */
async function countAttempt(ctx: Context, tx: Tx, guess: CodeGuess): Promise<UsedCode[] | CodeFault> {
  const now = ctx.clock.now()
  const candidates = await tx
    .selectFrom('access_code')
    .select(['code_id', 'fingerprint', 'attempts', 'expires_at', 'used_at'])
    .where('issuer_id', '=', guess.issuerId)
    .where('purpose', '=', guess.purpose)
    .$if(guess.purpose === 'sign_in', (q) => q.where('code_id', '=', (guess as { codeId: string }).codeId))
    .$if(guess.purpose === 'identify', (q) =>
      q.where('closure_id', '=', (guess as { closureId: string }).closureId),
    )
    .orderBy('created_at', 'desc')
    .orderBy('code_id', 'desc')
    .limit(codes_at_once)
    .forUpdate()
    .execute()
  const live = candidates.filter((c) => !c.used_at && c.expires_at > now && c.attempts < code_attempts)
  if (live.length === 0) {
    const last = candidates[0]
    if (!last) return 'wrong'
    if (last.used_at) return 'used'
    return last.attempts >= code_attempts ? 'too_many' : 'expired'
  }
  await tx
    .updateTable('access_code')
    .set((e) => ({ attempts: e('attempts', '+', 1) }))
    .where('issuer_id', '=', guess.issuerId)
    .where(
      'code_id',
      'in',
      live.map((c) => c.code_id),
    )
    .execute()
  return live.map((c) => ({ codeId: c.code_id, fingerprint: c.fingerprint }))
}

/** Forgives spaces and full-width digits; compares without telling by its time how much was right. */
function sameCode(expected: string, typed: string): boolean {
  const digits = Buffer.from(typed.normalize('NFKC').replace(/[\s-]/g, ''))
  const right = Buffer.from(expected)
  return digits.length === right.length && timingSafeEqual(digits, right)
}
