import { createHmac } from 'node:crypto'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import type { ApiProblem } from './api-problems.ts'
import { problemTexts } from './problem.ts'

/** What is kept of an answer: ids to write it again from. Never the answer itself, which may hold a secret. */
export type Kept = { [name: string]: string | null }

export type RequestPlace = {
  issuerId: string
  /** The client's Idempotency-Key. A structured-field string carries quotes; it names the same key. */
  key: string
  /** Who asks: the session's fingerprint, or what an anonymous request is about. Kept as a keyed hash. */
  caller: string | Uint8Array
  /** Method, address and body: the same key may only come with the same request. */
  request: unknown
}

export type OnceInput<K extends Kept> = RequestPlace & {
  /** Does the work. May be called again after a crash, so it must find by itself what it did before. */
  act(): Promise<K>
  /** After a crash: what an earlier try of this same request left behind, when `act` is refused because of it. */
  recover?(refusal: Refusal): Promise<K | undefined>
}

// Longer than any call lasts: after that the process that took the key has died, and another may take it over.
export const claim_seconds = 30
export const remembered_hours = 24
const notKept = new Set<number>([401, 429, 503])

type KeptRefusal = Pick<Refusal, 'code' | 'facts' | 'worded'>
type Row = { request_hash: Buffer; status: number | null; body: unknown; created_at: Date }
type Claim = { kind: 'mine'; at: Date; again: boolean } | { kind: 'answered'; row: Row }

/**
 * Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): the same key and request by the same caller does
 * the work once and gives the same answer for a day, also when the first process died before it could answer.
 * A refusal is an answer too; what may be different next time (401, 429, 5xx) is not kept.
 * Throws Refusal api/key_reused (same key, other request) and api/key_in_progress, and whatever `act` throws.
 */
export async function once<K extends Kept>(
  ctx: Context,
  input: OnceInput<K>,
): Promise<{ kept: K; replayed: boolean }> {
  const place = await placeOf(ctx, input)
  const claim = await inIssuer(ctx.db, input.issuerId, (tx) => take(ctx, tx, place))
  if (claim.kind === 'answered') return { kept: replay(claim.row) as K, replayed: true }
  const hold: Hold = { ctx, place, at: claim.at }
  let kept: K
  try {
    kept = await act(input, claim.again)
  } catch (error) {
    // The caller must hear why the work failed, not that this could not be noted: the hold runs out by itself.
    await noteFailure(hold, error).catch(() => undefined)
    throw error
  }
  // The work is done, whether that can be noted or not; a later try would find it by `recover`.
  await settle(hold, { status: 200, body: kept }).catch((error) =>
    ctx.log.warn('an answer could not be kept', errorFields(error)),
  )
  return { kept, replayed: false }
}

async function noteFailure(hold: Hold, error: unknown): Promise<void> {
  if (!(error instanceof Refusal)) return letGo(hold)
  const status = statusOf(error)
  if (status === undefined || notKept.has(status)) return release(hold)
  return settle(hold, { status, body: { code: error.code, facts: error.facts, worded: error.worded } })
}

async function act<K extends Kept>(input: OnceInput<K>, again: boolean): Promise<K> {
  try {
    return await input.act()
  } catch (error) {
    const found = again && error instanceof Refusal ? await input.recover?.(error) : undefined
    if (!found) throw error
    return found
  }
}

/** The key while its first caller works. */
type Hold = { ctx: Context; place: Place; at: Date }
type Place = { issuerId: string; caller: string; key: string; hash: Buffer }

/** Hashes are keyed: key, caller and request may be made of an e-mail address, and a plain hash gives it away. */
export async function placeOf(ctx: Context, input: RequestPlace): Promise<Place> {
  const { indexKey } = await ctx.keys.vault(input.issuerId)
  const mac = (label: string, what: string | Uint8Array) =>
    createHmac('sha256', indexKey).update(`api/${label}/`).update(what).digest()
  return {
    issuerId: input.issuerId,
    caller: mac('caller', input.caller).toString('base64url'),
    key: mac('key', input.key.replace(/^"(.*)"$/, '$1')).toString('base64url'),
    hash: mac('request', JSON.stringify(input.request)),
  }
}

const which = (tx: Tx, place: Place) =>
  tx
    .updateTable('api_request')
    .where('issuer_id', '=', place.issuerId)
    .where('caller', '=', place.caller)
    .where('key', '=', place.key)

async function take(ctx: Context, tx: Tx, place: Place): Promise<Claim> {
  const now = ctx.clock.now()
  const made = await tx
    .insertInto('api_request')
    .values({
      issuer_id: place.issuerId,
      caller: place.caller,
      key: place.key,
      request_hash: place.hash,
      created_at: now,
    })
    .onConflict((c) => c.columns(['issuer_id', 'caller', 'key']).doNothing())
    .executeTakeFirst()
  if (made.numInsertedOrUpdatedRows === 1n) return { kind: 'mine', at: now, again: false }
  const row = await tx
    .selectFrom('api_request')
    .select(['request_hash', 'status', 'body', 'created_at'])
    .where('issuer_id', '=', place.issuerId)
    .where('caller', '=', place.caller)
    .where('key', '=', place.key)
    .forUpdate()
    .executeTakeFirst()
  // Released between our two statements: the caller is told to come back at once.
  if (!row) throw new Refusal('api/key_in_progress' satisfies ApiProblem)
  // The distance in either direction: a clock set back must not hold a key for an hour.
  const age_seconds = Math.abs(now.getTime() - row.created_at.getTime()) / 1000
  const forgotten = age_seconds > remembered_hours * 3600
  if (!forgotten && !row.request_hash.equals(place.hash))
    throw new Refusal('api/key_reused' satisfies ApiProblem)
  if (!forgotten && row.status !== null) return { kind: 'answered', row }
  if (age_seconds <= claim_seconds) throw new Refusal('api/key_in_progress' satisfies ApiProblem)
  await which(tx, place)
    .set({ request_hash: place.hash, status: null, body: null, created_at: now })
    .execute()
  return { kind: 'mine', at: now, again: !forgotten }
}

/** Written only by whoever still holds the key: a process thought dead that wakes up changes nothing. */
async function settle({ ctx, place, at }: Hold, answer: { status: number; body: unknown }): Promise<void> {
  await inIssuer(ctx.db, place.issuerId, (tx) =>
    which(tx, place)
      .set({ status: answer.status, body: JSON.stringify(answer.body) })
      .where('created_at', '=', at)
      .where('status', 'is', null)
      .execute(),
  )
}

/** Nothing was done: the next try is a first one. */
async function release({ ctx, place, at }: Hold): Promise<void> {
  await inIssuer(ctx.db, place.issuerId, (tx) =>
    tx
      .deleteFrom('api_request')
      .where('issuer_id', '=', place.issuerId)
      .where('caller', '=', place.caller)
      .where('key', '=', place.key)
      .where('created_at', '=', at)
      .where('status', 'is', null)
      .execute(),
  )
}

/** Something broke, perhaps after the work was committed: the next try comes at once, and looks for what is there. */
async function letGo({ ctx, place, at }: Hold): Promise<void> {
  const past = new Date(at.getTime() - (claim_seconds + 1) * 1000)
  await inIssuer(ctx.db, place.issuerId, (tx) =>
    which(tx, place)
      .set({ created_at: past })
      .where('created_at', '=', at)
      .where('status', 'is', null)
      .execute(),
  )
}

function statusOf(refusal: Refusal): number | undefined {
  return (problemTexts as Record<string, { status: number } | undefined>)[refusal.code]?.status
}

function replay(row: Row): Kept {
  if (row.status === 200) return row.body as Kept
  const { code, facts, worded } = row.body as KeptRefusal
  throw new Refusal(code, facts, worded)
}

/** Removes what is older than a day, in all issuers. Meant for a minute job; answers how many rows went. */
export async function sweepRequests(ctx: Context): Promise<number> {
  const before = new Date(ctx.clock.now().getTime() - remembered_hours * 3_600_000)
  let swept = 0
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const gone = await inIssuer(ctx.db, issuerId, (tx) =>
      tx
        .deleteFrom('api_request')
        .where('issuer_id', '=', issuerId)
        .where('created_at', '<', before)
        .executeTakeFirst(),
    )
    swept += Number(gone.numDeletedRows)
  }
  return swept
}
