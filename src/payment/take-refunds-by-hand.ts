import { sql } from 'kysely'
import type { RefundState } from '../adapters/payment/port.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { bookRefundByHand } from './book-refund-by-hand.ts'
import { NotSaid } from './not-said.ts'
import { settleEvents } from './note-event.ts'
import { returnFailed } from './return-failed.ts'

const look_again_seconds = 30

/** A payment of ours that somebody gave back of on the provider's own page. */
export type RefundedPayment = {
  payment_id: string
  order_id: string | null
  card_id: string | null
  currency: string
  /** When LEB came to know the payment's card; null for what was bought here. */
  here_since: Date | null
}

/**
 * Books the refunds of a payment that LEB did not ask for, each once, and has a worker look at what is planned of that
 * payment: the refund takes its place (payout/count-by-hand.ts). Throws NotSaid when the provider could not say.
 */
export async function takeRefundsByHand(
  ctx: Context,
  { issuerId, paymentRef }: { issuerId: string; paymentRef: string },
): Promise<void> {
  const payment = await ctx.providers.of(issuerId).payment()
  const answer = await payment.readRefunds(paymentRef)
  if (answer.kind === 'unknown' || answer.kind === 'pending')
    throw new NotSaid(answer.kind === 'unknown' ? answer.reason : answer.kind)
  const byHand = answer.kind === 'done' ? answer.value.filter(({ key }) => key === undefined) : []
  const outcome = await inIssuer(ctx.db, issuerId, async (tx) => {
    const came =
      answer.kind === 'refused' ? answer.code : await takeAll(ctx, tx, { issuerId, paymentRef }, byHand)
    if (came !== 'payment_unknown_here' && came !== 'wait_for_own_refund')
      await settleEvents(ctx, tx, { issuerId, ref: `refunds:${paymentRef}`, outcome: came })
    return came
  })
  if (outcome === 'payment_unknown_here') await waitForPayment(ctx, issuerId, paymentRef)
  if (outcome === 'wait_for_own_refund')
    await inIssuer(ctx.db, issuerId, (tx) => lookLater(ctx, tx, { issuerId, paymentRef }))
}

/** A refund may overtake the payment it is of: ours is taken in first. */
async function waitForPayment(ctx: Context, issuerId: string, paymentRef: string): Promise<void> {
  const payment = await ctx.providers.of(issuerId).payment()
  const answer = await payment.readPayment(paymentRef)
  if (answer.kind === 'unknown') throw new NotSaid(answer.reason)
  const ours = answer.kind === 'done' && answer.value.orderNumber !== undefined
  const id = `refunds:${paymentRef}`
  await inIssuer(ctx.db, issuerId, async (tx) => {
    if (!ours) return settleEvents(ctx, tx, { issuerId, ref: id, outcome: 'not_ours' })
    await ctx.jobs.look(tx, 'payment', { issuerId, id: paymentRef })
    await lookLater(ctx, tx, { issuerId, paymentRef })
  })
}

function lookLater(ctx: Context, tx: Tx, { issuerId, paymentRef }: Where): Promise<void> {
  const later = new Date(ctx.clock.now().getTime() + look_again_seconds * 1_000)
  return ctx.jobs.look(tx, 'payment', { issuerId, id: `refunds:${paymentRef}` }, later)
}

type Where = { issuerId: string; paymentRef: string }

async function takeAll(ctx: Context, tx: Tx, where: Where, refunds: RefundState[]): Promise<string> {
  await lockClosings(tx, where)
  const lock = `leb.payment/${where.issuerId}/stripe/${where.paymentRef}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(tx)
  const payments = await paymentsOf(tx, where)
  if (payments.length === 0) return 'payment_unknown_here'
  for (const refund of refunds) {
    if (payments.some(({ currency }) => currency !== refund.currency)) return 'currency_differs'
    const known = await tx
      .selectFrom('refund_by_hand')
      .selectAll()
      .where('issuer_id', '=', where.issuerId)
      .where('provider', '=', 'stripe')
      .where('refund_ref', '=', refund.refundRef)
      .executeTakeFirst()
    if (!known && !refund.isOver) await bookRefundByHand(ctx, tx, { ...where, payments, refund })
    if (!known || !refund.isOver || known.state === 'over') continue
    if (!(await returnFailed(ctx, tx, known))) return 'wait_for_own_refund'
  }
  await lookAtWhatIsPlanned(ctx, tx, where.issuerId, payments)
  return 'booked'
}

/** Before the payments, as a worker does who writes parts of them. */
async function lockClosings(tx: Tx, { issuerId, paymentRef }: Where): Promise<void> {
  await sql`
    select 1 from closure
     where issuer_id = ${issuerId} and closed_at is null and closure_id in (
       select k.closure_id from closure_card k join payment p using (issuer_id, card_id)
        where k.issuer_id = ${issuerId} and k.live and p.provider = 'stripe' and p.provider_ref = ${paymentRef})
     order by closure_id for no key update`.execute(tx)
}

/** One payment may have paid for several imported cards. */
async function paymentsOf(tx: Tx, { issuerId, paymentRef }: Where): Promise<RefundedPayment[]> {
  const { rows } = await sql<RefundedPayment>`
    select p.payment_id, p.order_id, p.card_id, p.currency,
           case when p.order_id is null and p.card_id is not null then greatest(a.created_at,
             (select min(s.posted_at) from ledger_posting s
               where s.issuer_id = p.issuer_id and s.key = 'import:' || c.iccid)) end as here_since
      from payment p
      left join card c on c.issuer_id = p.issuer_id and c.card_id = p.card_id
      left join account a on a.issuer_id = c.issuer_id and a.account_id = c.account_id
     where p.issuer_id = ${issuerId} and p.provider = 'stripe' and p.provider_ref = ${paymentRef}
     order by p.payment_id for update of p`.execute(tx)
  return rows
}

/**
 * Whoever waits with money of these payments looks now: closings, also those stopped by a refusal, and orders. A closing
 * whose money has been given back is past undo, as when LEB has sent it.
 */
async function lookAtWhatIsPlanned(
  ctx: Context,
  tx: Tx,
  issuerId: string,
  payments: RefundedPayment[],
): Promise<void> {
  for (const { order_id: id } of payments) if (id !== null) await ctx.jobs.look(tx, 'order', { issuerId, id })
  const paymentIds = payments.map((payment) => payment.payment_id)
  const cardIds = payments.flatMap((payment) => payment.card_id ?? [])
  const { rows } = await sql<{ id: string }>`
    with cleared as (
      update closure_block b set cleared_at = ${ctx.clock.now()}
        from payout_part q
       where b.issuer_id = ${issuerId} and b.cleared_at is null and b.scope_id = q.part_id
         and (b.reason = 'refunded_by_hand' or b.reason in ('payout_refused', 'payout_charged_back')
              and exists (select 1 from refund_by_hand h
                           where h.issuer_id = b.issuer_id and h.payment_id = any (${paymentIds}::uuid[])
                             and h.left_minor > 0 and h.state in ('waiting', 'counts')))
         and q.issuer_id = b.issuer_id and q.closure_id = b.closure_id and q.card_id = any (${cardIds}::uuid[])
         and q.state = 'waiting'),
    past as (
      update closure c set no_return_at = ${ctx.clock.now()}
       where c.issuer_id = ${issuerId} and c.no_return_at is null
         and c.identified_at is not null and c.closed_at is null
         and c.closure_id in (select closure_id from closure_card
                               where issuer_id = ${issuerId} and live and card_id = any (${cardIds}::uuid[]))
         and exists (select 1 from refund_by_hand h
                      where h.issuer_id = ${issuerId} and h.payment_id = any (${paymentIds}::uuid[]) and h.left_minor > 0
                        and (h.state = 'counts'
                             or h.state = 'waiting' and h.made_at >= date_trunc('second', c.declared_at))))
    select k.closure_id as id from closure_card k join closure c using (issuer_id, closure_id)
     where k.issuer_id = ${issuerId} and k.live and k.card_id = any (${cardIds}::uuid[])
       and c.identified_at is not null and c.closed_at is null`.execute(tx)
  for (const { id } of rows) await ctx.jobs.look(tx, 'closure', { issuerId, id })
}
