import { sql } from 'kysely'
import type { DisputeState } from '../adapters/payment/port.ts'
import { tellTakenBack } from '../closure/tell-taken-back.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { bookReversal, bookTaken } from './book-charge-back.ts'
import { NotSaid } from './not-said.ts'
import { settleEvents } from './note-event.ts'

const payment_unknown = 'payment_unknown_here'
const look_again_seconds = 30

/**
 * A payer's bank takes a payment back, or gives it back to us: what the provider says now is booked, however many
 * events told of it and in whatever order. Throws NotSaid when the provider could not say.
 */
export async function takeDispute(
  ctx: Context,
  { issuerId, disputeRef }: { issuerId: string; disputeRef: string },
): Promise<void> {
  const payment = await ctx.providers.of(issuerId).payment()
  const answer = await payment.readDispute(disputeRef)
  if (answer.kind === 'unknown' || answer.kind === 'pending')
    throw new NotSaid(answer.kind === 'unknown' ? answer.reason : answer.kind)
  const outcome = await inIssuer(ctx.db, issuerId, async (tx) => {
    const came = answer.kind === 'refused' ? answer.code : await takeState(ctx, tx, issuerId, answer.value)
    if (came !== payment_unknown) await settleEvents(ctx, tx, { issuerId, ref: disputeRef, outcome: came })
    return came
  })
  if (outcome === payment_unknown && answer.kind === 'done') await waitForPayment(ctx, issuerId, answer.value)
}

/** A dispute may overtake the payment it is about: ours are taken in first, those of others are none of our business. */
async function waitForPayment(ctx: Context, issuerId: string, dispute: DisputeState): Promise<void> {
  const payment = await ctx.providers.of(issuerId).payment()
  const answer = await payment.readPayment(dispute.paymentRef)
  if (answer.kind === 'unknown') throw new NotSaid(answer.reason)
  const ours = answer.kind === 'done' && answer.value.orderNumber !== undefined
  await inIssuer(ctx.db, issuerId, async (tx) => {
    if (!ours) return settleEvents(ctx, tx, { issuerId, ref: dispute.disputeRef, outcome: 'not_ours' })
    const later = new Date(ctx.clock.now().getTime() + look_again_seconds * 1_000)
    await ctx.jobs.look(tx, 'payment', { issuerId, id: dispute.paymentRef })
    await ctx.jobs.look(tx, 'payment', { issuerId, id: dispute.disputeRef }, later)
  })
}

type Payment = {
  payment_id: string
  order_id: string | null
  card_id: string | null
  currency: string
  amount_minor: bigint
  charged_back_minor: bigint
}

async function takeState(ctx: Context, tx: Tx, issuerId: string, dispute: DisputeState): Promise<string> {
  // An inquiry has taken nothing yet; most end there.
  if (dispute.state === 'inquiry') return 'inquiry'
  const lock = `leb.payment/${issuerId}/stripe/${dispute.paymentRef}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(tx)
  const payments: Payment[] = await tx
    .selectFrom('payment')
    .select(['payment_id', 'order_id', 'card_id', 'currency', 'amount_minor', 'charged_back_minor'])
    .where('issuer_id', '=', issuerId)
    .where('provider', '=', 'stripe')
    .where('provider_ref', '=', dispute.paymentRef)
    .orderBy('payment_id')
    .forUpdate()
    .execute()
  if (payments.length === 0) return payment_unknown
  // Which of our books would it stand in? `leb reconcile` names it.
  if (payments.some(({ currency }) => currency !== dispute.currency)) return 'currency_differs'
  await lookAtOrders(ctx, tx, issuerId, payments)
  const known = await tx
    .selectFrom('chargeback')
    .selectAll()
    .where('issuer_id', '=', issuerId)
    .where('provider', '=', 'stripe')
    .where('dispute_ref', '=', dispute.disputeRef)
    .execute()
  if (known.length === 0) {
    // Won before we heard of it: the money went and came back, and neither is anybody's business any more.
    if (dispute.state === 'won') return 'won'
    const taken = shares(payments, dispute.amount)
    for (const share of taken) await bookTaken(ctx, tx, { issuerId, dispute, ...share })
    const cardIds = taken.flatMap(({ payment }) => payment.card_id ?? [])
    await tellTakenBack(ctx, tx, { issuerId, cardIds })
    await lookAtTransfers(ctx, tx, issuerId, cardIds)
    return dispute.state
  }
  for (const row of known) {
    if (row.state === 'won' || row.state === dispute.state) continue
    if (dispute.state === 'won') await bookReversal(ctx, tx, row)
    await tx
      .updateTable('chargeback')
      .set({ state: dispute.state, closed_at: dispute.state === 'open' ? null : ctx.clock.now() })
      .where('issuer_id', '=', issuerId)
      .where('provider', '=', 'stripe')
      .where('dispute_ref', '=', dispute.disputeRef)
      .where('payment_id', '=', row.payment_id)
      .execute()
  }
  if (dispute.state === 'won') {
    const cardIds = known.flatMap((row) => row.card_id ?? [])
    await lookAtTransfers(ctx, tx, issuerId, cardIds)
  }
  return dispute.state
}

/** An order that is on its way back gives back less now, or more (src/order/steps/refund.ts). */
async function lookAtOrders(ctx: Context, tx: Tx, issuerId: string, payments: Payment[]): Promise<void> {
  for (const { order_id: id } of payments) if (id !== null) await ctx.jobs.look(tx, 'order', { issuerId, id })
}

/** A transfer that waits may be owed no more, which is for staff to say, or again (closure/steps/wait-for-transfer.ts). */
async function lookAtTransfers(ctx: Context, tx: Tx, issuerId: string, cardIds: string[]): Promise<void> {
  if (cardIds.length === 0) return
  const closures = await tx
    .selectFrom('payout_part as p')
    .innerJoin('closure_card as k', (j) =>
      j
        .onRef('k.issuer_id', '=', 'p.issuer_id')
        .onRef('k.closure_id', '=', 'p.closure_id')
        .onRef('k.card_id', '=', 'p.card_id'),
    )
    .select('k.closure_id')
    .distinct()
    .where('k.issuer_id', '=', issuerId)
    .where('k.card_id', 'in', cardIds)
    .where('p.route', '=', 'bank_transfer')
    .where('p.state', '=', 'waiting')
    .execute()
  for (const { closure_id: id } of closures) await ctx.jobs.look(tx, 'closure', { issuerId, id })
}

/**
 * One payment may have paid for several imported cards: each gives what it brought, and the last what is over, for
 * exchange rates can make a bank take more than was paid.
 */
export function shares<P extends { amount_minor: bigint; charged_back_minor: bigint }>(
  payments: P[],
  taken: bigint,
): { payment: P; amount: bigint; counted: bigint }[] {
  let left = taken
  const all = payments.map((payment) => {
    const room = payment.amount_minor - payment.charged_back_minor
    const counted = left < room ? left : room
    left -= counted
    return { payment, amount: counted, counted }
  })
  const last = all.at(-1)
  if (last) last.amount += left
  return all.filter(({ amount }) => amount > 0n)
}
