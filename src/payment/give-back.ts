import { sql } from 'kysely'
import type { Answer } from '../adapters/answer.ts'
import type { Refunded } from '../adapters/payment/port.ts'
import { arrivedBy, believed, may_arrive } from '../payout/believe-refusal.ts'
import { knownByHandOfP } from '../payout/count-by-hand.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { NotSaid } from './not-said.ts'
import { lockReceipt, move, note, paidKey, type Receipt } from './receipts.ts'

/**
 * Gives unmatched money back the way it came: the intent is committed before the provider hears of it, each try has
 * one key for ever, and an answer nobody could give is asked for again. What the provider refuses waits for staff.
 * Throws NotSaid when the provider could not say.
 */
export async function giveBack(ctx: Context, id: { issuerId: string; receiptId: string }): Promise<void> {
  const { issuerId, receiptId } = id
  const receipt = await inIssuer(ctx.db, issuerId, (tx) => intend(ctx, tx, id))
  if (!receipt) return
  const payment = await ctx.providers.of(issuerId).payment()
  const key = receipt.tries > 1 ? `receipt:${receiptId}:${receipt.tries - 1}` : `receipt:${receiptId}`
  const { providerRef: paymentRef, amount, currency, knownByHand, askedAt } = receipt
  const mayArrive = askedAt !== null && ctx.clock.now() < arrivedBy(askedAt)
  const first = await payment.refund({ key, paymentRef, amount, currency, knownByHand })
  const answer = await believed(payment, { key, paymentRef, mayArrive }, first)
  if (answer.kind === 'unknown' && answer.reason !== may_arrive) throw new NotSaid(answer.reason)
  await inIssuer(ctx.db, issuerId, (tx) => apply(ctx, tx, receipt, answer))
}

/** `askedAt`: of an earlier request. */
type Asked = Receipt & { knownByHand: string[] }

/** From unmatched to owed, and that it is asked for. Undefined when there is nothing (more) to give back by the provider. */
async function intend(
  ctx: Context,
  tx: Tx,
  id: { issuerId: string; receiptId: string },
): Promise<Asked | undefined> {
  const found = await lockReceipt(tx, id)
  if (!found || found.provider !== 'stripe') return undefined
  const receipt = { ...found, knownByHand: await readKnown(tx, found) }
  const asked = { asked_at: ctx.clock.now() }
  if (receipt.state === 'refunding') {
    if (receipt.refusal !== null) return undefined
    await note(tx, id, asked)
    return receipt
  }
  if (receipt.state !== 'waiting') return undefined
  await move(ctx, tx, receipt, {
    key: `receipt:${id.receiptId}:owed`,
    from: 'unmatched_receipts',
    to: 'refunds_payable',
    reason: 'unmatched_returned',
  })
  const begun = { ...receipt, state: 'refunding', tries: 1 }
  await note(tx, id, { state: begun.state, tries: begun.tries, ...asked })
  return begun
}

async function apply(ctx: Context, tx: Tx, asked: Asked, answer: Answer<Refunded>): Promise<void> {
  const { issuerId, receiptId } = asked
  const id = { issuerId, receiptId }
  const receipt = await lockReceipt(tx, id)
  if (receipt?.state !== 'refunding') return
  const now = ctx.clock.now()
  const lookAgain = (at: Date) => ctx.jobs.look(tx, 'payment', { issuerId, id: `receipt:${receiptId}` }, at)
  switch (answer.kind) {
    case 'done':
      await move(ctx, tx, receipt, {
        key: paidKey(receipt),
        from: 'refunds_payable',
        to: 'cash_at_provider',
        reason: 'unmatched_returned',
      })
      return note(tx, id, { state: 'refunded', reference: answer.value.refundRef, settled_at: now })
    case 'pending':
      await note(tx, id, { asked_at: null })
      return lookAgain(new Date(now.getTime() + answer.askAgainInMs))
    case 'unknown':
      // This request was answered; the one before it was not.
      await note(tx, id, { asked_at: asked.askedAt })
      return lookAgain(arrivedBy(asked.askedAt ?? now))
    case 'refused':
      // What somebody did at the provider is booked first; it settles this, or staff see that it does not fit.
      if (answer.code === 'refunded_by_hand')
        await ctx.jobs.look(tx, 'payment', { issuerId, id: `refunds:${receipt.providerRef}` })
      return note(tx, id, { refusal: answer.code, asked_at: null })
  }
}

async function readKnown(tx: Tx, { issuerId, paymentId }: Receipt): Promise<string[]> {
  const { rows } = await sql<{ known: string[] }>`
    select ${knownByHandOfP} as known from payment p
     where p.issuer_id = ${issuerId} and p.payment_id = ${paymentId}`.execute(tx)
  return rows[0]?.known ?? []
}
