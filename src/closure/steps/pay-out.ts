import { sql } from 'kysely'
import type { Refunded } from '../../adapters/payment/port.ts'
import { houseAccounts } from '../../ledger/accounts.ts'
import { post } from '../../ledger/post.ts'
import { keepPaidWith } from '../../payment/paid-with.ts'
import { believed, mayArrive } from '../../payout/believe-refusal.ts'
import { knownByHandOfP } from '../../payout/count-by-hand.ts'
import { notePart, type PayoutPart } from '../../payout/parts.ts'
import { replacePart } from '../../payout/replace-part.ts'
import { issueVoucher } from '../../payout/voucher.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { arrivesBy } from '../../policy/clocks.ts'
import { countedIn } from '../../policy/counted-in.ts'
import type { Case, CasePart } from '../case.ts'
import type { BlockReason } from '../closure-view.ts'
import { attempts, lastAttempt } from '../journal.ts'
import { rulesOfMoney, voucherDays } from '../money-told.ts'
import type { OutsideStep } from '../step.ts'
import { countByHand } from './count-by-hand.ts'
import { noReturn } from './no-return.ts'
import { waitForTransfer } from './wait-for-transfer.ts'

type Refund = {
  paymentRef: string
  amount: bigint
  currency: string
  knownByHand: string[]
  /** An earlier request may still reach the provider. */
  mayArrive: boolean
  /** Why it must not be asked for any more: only the answer to what was asked before is wanted. */
  unless?: 'charged_back' | 'more_than_paid' | 'refunded_by_hand'
}

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
        return {
          skip: {
            route: 'kept',
            amount: part.amount.toString(),
            ...(part.claimUntil !== null && { claim_until: part.claimUntil }),
          },
        }
      case 'voucher':
        return (await countByHand(ctx, tx, told, scope)) ?? { skip: await giveVoucher(ctx, tx, told, scope) }
      case 'bank_transfer':
        return (await countByHand(ctx, tx, told, scope)) ?? waitForTransfer(ctx, tx, told, part)
      case 'original_payment':
        // Staff found that the payer's bank had given it back already (charged-back.ts).
        if (part.state === 'paid') return { skip: { route: part.route, reference: part.reference } }
        return startRefund(ctx, tx, told, scope)
    }
  },
  async call(_ctx, providers, request, key) {
    const payment = await providers.payment()
    const { unless, ...refund } = request
    const answer = unless ? refusedSince(unless) : await payment.refund({ ...refund, key })
    return believed(payment, { ...refund, key }, answer)
  },
  ask: async (providers, { paymentRef }, key) => (await providers.payment()).ask({ paymentRef, key }),
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
    if (refunded.paidWith && part.paymentId)
      await keepPaidWith(
        ctx,
        tx,
        { issuerId, holderId: told.holderId, paymentId: part.paymentId },
        refunded.paidWith,
      )
    const now = ctx.clock.now()
    await notePart(tx, issuerId, part, { state: 'paid', reference: refunded.refundRef, paidAt: now })
    const arrives = arrivesBy(countedIn(told.policy, told.closure.zone), now).toISOString()
    return { route: 'original_payment', reference: refunded.refundRef, arrives_by: arrives }
  },
  async elsewhere(ctx, tx, told, scope, code) {
    // Somebody was faster at the provider: what they did is booked first, and then this part is looked at again.
    if (code === 'refunded_by_hand')
      await ctx.jobs.look(tx, 'payment', {
        issuerId: told.issuer.issuerId,
        id: `refunds:${scope.part.paymentRef}`,
      })
    if (!final.has(code)) return false
    await sendElsewhere(ctx, tx, told, scope, code)
    return true
  },
  refused: (code) =>
    code === 'refunded_by_hand'
      ? { block: { reason: code, owner: 'provider' } }
      : { block: { reason: blockFor[code] ?? 'payout_refused', owner: 'staff' } },
}

/** Refusals that will not change, and after which nobody has got anything: the money takes its next way by itself. */
const final = new Set([
  'amount_not_representable',
  'currency_differs',
  'more_than_paid',
  'already_refunded',
  'payment_unknown',
  'refund_failed',
  'refund_canceled',
])

const sendElsewhere = (ctx: Context, tx: Tx, told: Case, { card, part }: CasePart, refusal: string) =>
  replacePart(ctx, tx, {
    issuerId: told.issuer.issuerId,
    closureId: told.closure.closure_id,
    rules: rulesOfMoney(told),
    parts: card.parts,
    part,
    refusal,
  })

const blockFor: Record<string, BlockReason> = { charged_back: 'payout_charged_back' }

/** What was asked is done or not; if it is not, this stands, that came up since. */
const refusedSince = (code: NonNullable<Refund['unless']>) => ({
  kind: 'refused' as const,
  code,
  reason: 'no refund was made before this came up',
  evidence: { provider: 'stripe' },
})

/** Notes the point of no return and asks, unless less is left of the payment by now than shall go back. */
async function startRefund(ctx: Context, tx: Tx, told: Case, { card, part }: CasePart) {
  const { closure } = told
  const now = ctx.clock.now()
  // One statement, for it stands in the way of every payout: what is left, and only then the point of no return.
  const { rows } = await sql<{ room: bigint; charged_back: bigint; by_hand: boolean; known: string[] }>`
    with left_of as (
      select p.amount_minor - p.charged_back_minor - coalesce(
               (select sum(x.amount_minor) from payout_part x
                 where x.issuer_id = p.issuer_id and x.payment_id = p.payment_id and x.state <> 'refused'
                   and x.part_id <> ${part.partId}), 0)::bigint as room, p.charged_back_minor as charged_back,
             ${knownByHandOfP} as known,
             exists (select 1 from refund_by_hand h
                       join payment y on y.issuer_id = h.issuer_id and y.provider = h.provider
                                     and y.provider_ref = h.payment_ref
                      where h.issuer_id = p.issuer_id and y.card_id = p.card_id and h.left_minor > 0
                        and h.state in ('waiting', 'counts')) as by_hand
        from payment p where p.issuer_id = ${closure.issuer_id} and p.payment_id = ${part.paymentId}),
    past as (
      update closure set no_return_at = ${now}
       where issuer_id = ${closure.issuer_id} and closure_id = ${closure.closure_id} and no_return_at is null
         and (select room >= ${part.amount.toString()}::bigint and not by_hand from left_of))
    select room, charged_back, by_hand, known from left_of`.execute(tx)
  const left = rows[0]
  const { paymentRef, amount, currency } = part
  const ask: Refund = {
    paymentRef: paymentRef!,
    amount,
    currency,
    knownByHand: left?.known ?? [],
    mayArrive: mayArrive(attempts(told.journal, 'pay_out', part.partId), now),
  }
  const tooLittle = left && left.charged_back > 0n ? 'charged_back' : 'more_than_paid'
  const unless = left && left.room >= amount ? undefined : tooLittle
  // What was asked already may have been done, whatever has come up since.
  if (isUnderWay(told, part)) {
    const since: Refund['unless'] = left?.by_hand ? 'refunded_by_hand' : unless
    return { ask: since ? { ...ask, unless: since } : ask }
  }
  const counted = left?.by_hand && (await countByHand(ctx, tx, told, { card, part }))
  if (counted) return counted
  if (!unless) return { ask }
  // The payer's bank has given it back already: whether it is owed once more is for a person to say.
  if (unless === 'charged_back') return { block: { reason: 'payout_charged_back', owner: 'staff' } as const }
  await sendElsewhere(ctx, tx, told, { card, part }, 'more_than_paid')
  return { elsewhere: { code: 'more_than_paid', reason: 'less is left of the payment by now' } }
}

function isUnderWay(told: Case, part: PayoutPart): boolean {
  const state = lastAttempt(told.journal, 'pay_out', part.partId)?.state
  return state === 'intent' || state === 'unknown' || state === 'pending'
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
