import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { ledgerRefusalOf, type Entry } from './post.ts'
import type { PostingReason } from './reasons.ts'

/** Holds that one statement of the sweep ends. */
const sweep_at_once = 1000

export type NewHold = {
  issuerId: string
  /** Names this hold for ever; asking for it again answers 'replayed'. */
  key: string
  cardId: string
  /** Minor units of the card's currency, above 0. */
  amount: bigint
  reason: PostingReason
  expiresAt: Date
}

/**
 * Sets a card's money aside: nothing else can spend it until it is posted, released or its time is over. Throws
 * Refusal: ledger/key_reused, ledger/unknown_account, ledger/account_closed, ledger/account_frozen,
 * ledger/insufficient_balance, ledger/hold_ended when its end is not to come.
 */
export async function holdMoney(
  ctx: Context,
  tx: Tx,
  hold: NewHold,
): Promise<{ holdId: string; answer: 'held' | 'replayed' }> {
  const { issuerId, key, cardId, reason, expiresAt } = hold
  const amount = hold.amount.toString()
  const hash = digest([cardId, amount, reason, expiresAt.toISOString()])
  const { rows } = await refusing(
    sql<{ hold: string; answer: 'held' | 'replayed' }>`
      select hold, answer from ledger_hold_open(${issuerId}, ${ctx.ids.next()}, ${key}, ${hash}, ${cardId},
        ${amount}::bigint, ${reason}, ${ctx.clock.now()}, ${expiresAt})`.execute(tx),
  )
  return { holdId: rows[0]!.hold, answer: rows[0]!.answer }
}

/**
 * Ends a hold with a posting whose entries take all of it or a part; the rest is free again. A balance frozen since
 * then lets it through. Throws what `post` throws, and Refusal ledger/hold_ended when it was released or is past its
 * time, ledger/more_than_held when the entries take nothing or more than was set aside.
 */
export async function postHold(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; holdId: string; reason: PostingReason; entries: Entry[] },
): Promise<'posted' | 'replayed'> {
  const entries = input.entries.map((e) => ({ account: e.accountId, amount: e.amount.toString() }))
  const { rows } = await refusing(
    sql<{ answer: 'posted' | 'replayed' }>`
      select ledger_hold_post(${input.issuerId}, ${input.holdId}, ${ctx.ids.next()},
        ${digest([input.reason, entries])}, ${input.reason}, ${ctx.clock.now()},
        ${JSON.stringify(entries)}::jsonb) as answer`.execute(tx),
  )
  return rows[0]!.answer
}

/** Lets a hold's money go. Throws Refusal ledger/hold_ended when it was posted, ledger/unknown_account for none. */
export async function releaseHold(
  ctx: Context,
  tx: Tx,
  hold: { issuerId: string; holdId: string },
): Promise<'released' | 'replayed'> {
  const { rows } = await refusing(
    sql<{ answer: 'released' | 'replayed' }>`
      select ledger_hold_release(${hold.issuerId}, ${hold.holdId}, ${ctx.clock.now()}) as answer`.execute(tx),
  )
  return rows[0]!.answer
}

/** Frees what is held past its time, in all issuers. Meant for a minute job; answers how many holds ended. */
export async function sweepHolds(ctx: Context): Promise<number> {
  let ended = 0
  for (const { issuerId } of await listIssuers(ctx.db)) {
    for (let more = sweep_at_once; more === sweep_at_once; ended += more) {
      more = await inIssuer(ctx.db, issuerId, async (tx) => {
        const { rows } = await sql<{ ended: bigint }>`
          select ledger_hold_sweep(${issuerId}, ${ctx.clock.now()}, ${sweep_at_once}) as ended`.execute(tx)
        return Number(rows[0]!.ended)
      })
    }
  }
  return ended
}

const digest = (content: unknown) => createHash('sha256').update(JSON.stringify(content)).digest()

async function refusing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw ledgerRefusalOf(error) ?? error
  }
}
