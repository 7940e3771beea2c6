import { sql } from 'kysely'
import type { Answer } from '../../adapters/answer.ts'
import type { PaymentPort, Refunded } from '../../adapters/payment/port.ts'
import { houseAccounts } from '../../ledger/accounts.ts'
import { post } from '../../ledger/post.ts'
import { notePart } from '../../payout/parts.ts'
import { issueVoucher } from '../../payout/voucher.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { arrivesBy } from '../../policy/clocks.ts'
import { type Case, type CasePart, noteClosure } from '../case.ts'
import type { BlockReason } from '../closure-view.ts'
import { voucherDays } from '../money-told.ts'
import { goesElsewhere, sendElsewhere } from '../send-elsewhere.ts'
import type { OutsideStep } from '../step.ts'
import { waitForTransfer } from './wait-for-transfer.ts'

type Refund = { paymentRef: string; amount: bigint; currency: string }

/**
 * One part of the money, back the way it came, by bank, or as the voucher that was asked for. The point of no return
 * is written with the intent, before the provider hears of it: an undo can't slip in between.
 */
export const payOut: OutsideStep<CasePart, Refund, Refunded> = {
  kind: 'outside',
  name: 'pay_out',
  async prepare(ctx, tx, told, scope) {
    const { part } = scope
    switch (part.route) {
      case 'nothing':
        return { skip: { route: 'nothing' } }
      case 'kept':
        return { skip: { route: 'kept', amount: part.amount.toString() } }
      case 'voucher':
        return { skip: await giveVoucher(ctx, tx, told, scope) }
      case 'bank_transfer':
        return waitForTransfer(ctx, tx, told, part)
      case 'original_payment':
        return startRefund(ctx, tx, told, scope)
    }
  },
  call: async (_ctx, { payment }, request, key) =>
    believed(payment, { paymentRef: request.paymentRef, key }, await payment.refund({ ...request, key })),
  ask: ({ payment }, request, key) => payment.ask({ paymentRef: request.paymentRef, key }),
  async done(ctx, tx, told, { part }, refunded) {
    const { issuerId } = told.issuer
    const { amount, currency } = part
    const kinds = ['refunds_payable', 'cash_at_provider'] as const
    const house = await houseAccounts(ctx, tx, { issuerId, kinds: [...kinds], currency })
    await post(ctx, tx, {
      issuerId,
      key: `payout:${part.partId}`,
      reason: 'closure_payout',
      entries: [
        { accountId: house.refunds_payable!, amount: -amount },
        { accountId: house.cash_at_provider!, amount },
      ],
    })
    const now = ctx.clock.now()
    await notePart(tx, issuerId, part, { state: 'paid', reference: refunded.refundRef, paidAt: now })
    const arrives = arrivesBy(told.policy, now).toISOString()
    return { route: 'original_payment', reference: refunded.refundRef, arrives_by: arrives }
  },
  async elsewhere(ctx, tx, told, scope, code) {
    if (!goesElsewhere(code)) return false
    await sendElsewhere(ctx, tx, told, scope, code)
    return true
  },
  refused: (code) => ({ block: { reason: blockFor[code] ?? 'payout_refused', owner: 'staff' } }),
}

const blockFor: Record<string, BlockReason> = { charged_back: 'payout_charged_back' }

/**
 * A no is believed when the refund itself ended badly, or when no refund under our key is to be found: a provider
 * that did the work and then says no would otherwise be followed by a second payout on another way.
 */
async function believed(
  payment: PaymentPort,
  question: { paymentRef: string; key: string },
  answer: Answer<Refunded>,
): Promise<Answer<Refunded>> {
  if (answer.kind !== 'refused' || answer.code.startsWith('refund_')) return answer
  const seen = await payment.ask(question)
  const isNone = seen.kind === 'unknown' && seen.reason === 'no_refund_with_this_key'
  return isNone || seen.kind === 'refused' ? answer : seen
}

/** Notes the point of no return and asks, unless less is left of the payment by now than shall go back. */
async function startRefund(ctx: Context, tx: Tx, told: Case, { card, part }: CasePart) {
  const { closure } = told
  const now = ctx.clock.now()
  // One statement, for it stands in the way of every payout: what is left, and only then the point of no return.
  const { rows } = await sql<{ room: bigint; charged_back: bigint }>`
    with left_of as (
      select p.amount_minor - p.charged_back_minor - coalesce(
               (select sum(x.amount_minor) from payout_part x
                 where x.issuer_id = p.issuer_id and x.payment_id = p.payment_id and x.state <> 'refused'
                   and x.part_id <> ${part.partId}), 0)::bigint as room, p.charged_back_minor as charged_back
        from payment p where p.issuer_id = ${closure.issuer_id} and p.payment_id = ${part.paymentId}),
    past as (
      update closure set no_return_at = ${now}
       where issuer_id = ${closure.issuer_id} and closure_id = ${closure.closure_id} and no_return_at is null
         and (select room from left_of) >= ${part.amount.toString()}::bigint)
    select room, charged_back from left_of`.execute(tx)
  const left = rows[0]
  if (left && left.room >= part.amount)
    return { ask: { paymentRef: part.paymentRef!, amount: part.amount, currency: part.currency } }
  // The payer's bank has given it back already: whether it is owed once more is for a person to say.
  if (left && left.charged_back > 0n)
    return { block: { reason: 'payout_charged_back', owner: 'staff' } as const }
  await sendElsewhere(ctx, tx, told, { card, part }, 'more_than_paid')
  return { elsewhere: { code: 'more_than_paid', reason: 'less is left of the payment by now' } }
}

async function giveVoucher(ctx: Context, tx: Tx, told: Case, { part }: CasePart) {
  const { issuerId } = told.issuer
  await noReturn(ctx, tx, told)
  const { voucherId, expiresAt } = await issueVoucher(ctx, tx, {
    issuerId,
    partId: part.partId,
    amount: part.amount,
    currency: part.currency,
    days: voucherDays(told),
  })
  await notePart(tx, issuerId, part, { state: 'paid', reference: voucherId, paidAt: ctx.clock.now() })
  return { route: 'voucher', reference: voucherId, expires_at: expiresAt.toISOString() }
}

/** Named once: when money was first on its way, or the line first on its way out (cut-line.ts). */
export async function noReturn(ctx: Context, tx: Tx, told: Case): Promise<void> {
  // Asked of the row, for what memory says may have been rolled back with another card's transaction.
  const { no_return_at } = await tx
    .selectFrom('closure')
    .select('no_return_at')
    .where('issuer_id', '=', told.closure.issuer_id)
    .where('closure_id', '=', told.closure.closure_id)
    .executeTakeFirstOrThrow()
  if (no_return_at) return
  await noteClosure(tx, told, { no_return_at: ctx.clock.now() })
}
