import { sql } from 'kysely'
import { reviveBalance } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import { entriesOf } from '../ledger/read-posting.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import { bearAgain } from '../payment/bear-again.ts'
import { forgetBankDetails } from '../payout/bank-details.ts'
import { noteEarned, settlementKey } from '../payout/write-settlement.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { type CaseCard, type ClosureRow, readCaseCards } from './case.ts'

/**
 * The holder's explicit act, possible until the point of no return. One transaction takes the closure from its
 * worker (whose next write then fails), gives settled money back to the cards and frees them; the lines that are
 * off are switched on again by the worker (close.ts, reopen).
 * Throws Refusal closure/no_such_closure, closure/already_undone, closure/past_return.
 */
export async function undoClosure(
  ctx: Context,
  input: { issuerId: string; closureId: string },
): Promise<void> {
  await inIssuer(ctx.db, input.issuerId, async (tx) => {
    const closure = await lock(tx, input)
    if (!closure) throw new Refusal('closure/no_such_closure')
    if (closure.state === 'undone') throw new Refusal('closure/already_undone')
    if (closure.no_return_at || closure.state === 'closed' || (await isUnderWay(tx, closure)))
      throw new Refusal('closure/past_return')
    await undoWithin(ctx, tx, closure, 'person')
    await queueNotice(ctx, tx, {
      issuerId: input.issuerId,
      closureId: input.closureId,
      kind: 'undone',
      locale: closure.locale as 'zh-CN' | 'en',
    })
  })
}

/** Undoes a closure that the transaction has locked and found open; whoever calls it tells the holder. */
export async function undoWithin(
  ctx: Context,
  tx: Tx,
  closure: ClosureRow,
  by: 'person' | 'holder_declared' | 'never_proved',
): Promise<void> {
  const { issuer_id: issuerId, closure_id: closureId } = closure
  for (const card of await readCaseCards(tx, issuerId, closureId)) await giveBack(ctx, tx, closure, card)
  await free(tx, closure, ctx.clock.now())
  await forgetBankDetails(tx, { issuerId, closureId })
  await tx
    .updateTable('closure')
    .set((e) => ({
      state: 'undone',
      undone_at: ctx.clock.now(),
      undone_by: by,
      version: e('version', '+', 1n),
    }))
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
  await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
}

function lock(tx: Tx, which: { issuerId: string; closureId: string }): Promise<ClosureRow | undefined> {
  return tx
    .selectFrom('closure')
    .selectAll()
    .where('issuer_id', '=', which.issuerId)
    .where('closure_id', '=', which.closureId)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** The second lock beside no_return_at: the journal itself says that money or the line may be on its way out. */
async function isUnderWay(tx: Tx, closure: ClosureRow): Promise<boolean> {
  const row = await tx
    .selectFrom('closure_step')
    .select('attempt')
    .where('issuer_id', '=', closure.issuer_id)
    .where('closure_id', '=', closure.closure_id)
    .where('step', 'in', ['pay_out', 'cut_line'])
    .where('state', '<>', 'refused')
    // Of nothing, or of too little, nothing was sent.
    .where(sql<boolean>`coalesce(answer->>'route', '') not in ('nothing', 'kept')`)
    .executeTakeFirst()
  return row !== undefined
}

/** A dispute that the settlement bore was won since: its money is owed to the holder outside of the closure. */
async function isOwedByReversal(tx: Tx, closure: ClosureRow): Promise<boolean> {
  const row = await tx
    .selectFrom('closure_card as k')
    .innerJoin('chargeback as b', (join) =>
      join.onRef('b.issuer_id', '=', 'k.issuer_id').onRef('b.card_id', '=', 'k.card_id'),
    )
    .select('b.dispute_ref')
    .where('k.issuer_id', '=', closure.issuer_id)
    .where('k.closure_id', '=', closure.closure_id)
    .where('b.state', '=', 'won')
    .where('b.settled_minor', '>', 0n)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * What was settled but not sent goes back where it was, to the cent: the settlement's posting turned round, what it
 * took of orders given back, and its parts given up, so that they count against no payment.
 */
async function giveBack(ctx: Context, tx: Tx, closure: ClosureRow, card: CaseCard): Promise<void> {
  const { issuer_id: issuerId, closure_id: closureId } = closure
  await reviveBalance(tx, { issuerId, cardId: card.cardId })
  // Under the balance's lock, which a reversal takes before it looks what the settlement bore.
  if (await isOwedByReversal(tx, closure)) throw new Refusal('closure/past_return')
  if (card.settledMinor === null) return
  const entries = await entriesOf(tx, issuerId, settlementKey(closureId, card.cardId))
  if (entries.length > 0)
    await post(ctx, tx, {
      issuerId,
      key: `${closureId}:undo:${card.cardId}`,
      reason: 'closure_undone',
      entries: entries.map(({ accountId, amount }) => ({ accountId, amount: -amount })),
    })
  const orders = card.settlement?.orders ?? []
  await noteEarned(
    tx,
    issuerId,
    orders.map(({ orderId, net }) => ({ orderId, net: -BigInt(net) })),
  )
  await tx
    .updateTable('payout_part')
    .set({ state: 'refused', refusal: 'undone' })
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where('card_id', '=', card.cardId)
    .where('state', '<>', 'refused')
    .execute()
  const { cardId } = card
  await bearNothing(tx, { issuerId, cardId })
  await bearAgain(ctx, tx, { issuerId, cardId, settled: settlementKey(closureId, cardId) })
}

/** What the settlement bore of charge-backs is the house's loss again: its posting is turned round. */
async function bearNothing(tx: Tx, card: { issuerId: string; cardId: string }): Promise<void> {
  await tx
    .updateTable('chargeback')
    .set({ settled_minor: 0n })
    .where('issuer_id', '=', card.issuerId)
    .where('card_id', '=', card.cardId)
    .where('settled_minor', '>', 0n)
    .execute()
}

async function free(tx: Tx, closure: ClosureRow, now: Date): Promise<void> {
  await tx
    .updateTable('card')
    .set({ state: 'open' })
    .where('issuer_id', '=', closure.issuer_id)
    .where('card_id', 'in', (q) =>
      q
        .selectFrom('closure_card')
        .select('card_id')
        .where('issuer_id', '=', closure.issuer_id)
        .where('closure_id', '=', closure.closure_id),
    )
    .execute()
  await tx
    .updateTable('closure_card')
    .set({ live: false })
    .where('issuer_id', '=', closure.issuer_id)
    .where('closure_id', '=', closure.closure_id)
    .execute()
  await tx
    .updateTable('closure_block')
    .set({ cleared_at: now })
    .where('issuer_id', '=', closure.issuer_id)
    .where('closure_id', '=', closure.closure_id)
    .where('cleared_at', 'is', null)
    .execute()
  if (closure.covers !== 'account') return
  await tx
    .updateTable('account')
    .set({ state: 'open' })
    .where('issuer_id', '=', closure.issuer_id)
    .where('account_id', '=', closure.account_id)
    .execute()
}
