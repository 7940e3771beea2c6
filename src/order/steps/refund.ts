import { sql } from 'kysely'
import type { Refunded } from '../../adapters/payment/port.ts'
import { houseAccount } from '../../ledger/accounts.ts'
import { post } from '../../ledger/post.ts'
import type { Proof } from '../../closure/step.ts'
import { askForAccount } from '../../payout/ask-for-account.ts'
import { believed, mayArrive } from '../../payout/believe-refusal.ts'
import { knownByHandOfP, meetByHand, openByHand } from '../../payout/count-by-hand.ts'
import { hasOpenTransfer, orderTransferPaid } from '../../payout/order-transfers.ts'
import { issueVoucher } from '../../payout/voucher.ts'
import type { Context } from '../../platform/context.ts'
import { inIssuer, type Tx } from '../../platform/db.ts'
import { holdOrder, type OrderCase, paymentOf } from '../order-case.ts'
import { attemptsAt, lastOf } from '../order-journal.ts'
import type { OutsideOrderStep } from '../order-step.ts'

type Request = {
  paymentRef: string
  amount: bigint
  currency: string
  knownByHand: string[]
  /** An earlier request may still reach the provider. */
  mayArrive: boolean
}

/** The money goes back to whoever paid. What can't go by itself waits for staff, and the order's page says so. */
export const refund: OutsideOrderStep<Request, Refunded> = {
  kind: 'outside',
  name: 'refund',
  async prepare(ctx, tx, told) {
    const left = await countByHand(ctx, tx, told, await lockPart(tx, told))
    const part = await chargedBack(ctx, tx, told, left)
    if (part.state === 'paid')
      // A refund by hand failed while a transfer was with the bank: it is paid beside that one, and both are waited for.
      return (await hasOpenTransfer(tx, { issuerId: told.order.issuer_id, orderId: told.order.order_id }))
        ? { wait: 'a person' }
        : { skip: { route: part.route } }
    if (part.route === 'voucher') return { skip: await giveVoucher(ctx, tx, told, part) }
    if (part.route !== 'original_payment') return { wait: 'a person' }
    const payment = await paymentOf(tx, told)
    const { amount_minor: amount, currency } = part
    return {
      ask: {
        paymentRef: payment.provider_ref,
        amount,
        currency,
        knownByHand: await knownByHand(tx, told),
        mayArrive: mayArrive(attemptsAt(told.journal, 'refund'), ctx.clock.now()),
      },
    }
  },
  async call(providers, request, key) {
    const payment = await providers.payment()
    return believed(payment, { ...request, key }, await payment.refund({ ...request, key }))
  },
  ask: async (providers, { paymentRef }, key) => (await providers.payment()).ask({ key, paymentRef }),
  async done(ctx, tx, told, { refundRef }) {
    const part = await readPart(tx, told)
    await postPaid(ctx, tx, told, part.amount_minor)
    await notePart(tx, told, { state: 'paid', reference: refundRef, paid_at: ctx.clock.now() })
    return { reference: refundRef, amount: part.amount_minor.toString(), currency: part.currency }
  },
  refused: () => ({ wait: 'a person' }),
  async noted(ctx, tx, told, code) {
    // Somebody was faster at the provider: what they did is booked first, and then this order is looked at again.
    if (code === 'refunded_by_hand') {
      const { provider_ref: ref } = await paymentOf(tx, told)
      return ctx.jobs.look(tx, 'payment', { issuerId: told.order.issuer_id, id: `refunds:${ref}` })
    }
    const { issuer_id: issuerId, order_id: orderId } = told.order
    const part = await readPart(tx, told)
    await notePart(tx, told, { state: 'refused', refusal: code })
    await tx
      .insertInto('payout_part')
      .values({
        issuer_id: issuerId,
        part_id: ctx.ids.next(),
        order_id: orderId,
        card_id: told.order.card_id,
        ord: 2,
        route: 'bank_transfer',
        currency: part.currency,
        amount_minor: part.amount_minor,
      })
      .execute()
    await askForAccount(ctx, tx, { issuerId, orderId })
  },
}

/**
 * Its refund had ended, and money came back (the bank returned a transfer, a refund by hand failed): what the payer's bank
 * or staff have taken since is not sent once more either. Where nothing is left to send, the order ends again.
 */
export function reckonAnew(ctx: Context, told: OrderCase): Promise<void> {
  const { issuer_id: issuerId, order_id: orderId } = told.order
  return inIssuer(ctx.db, issuerId, async (tx) => {
    await holdOrder(tx, told)
    const was = await lockPart(tx, told)
    if (was.state !== 'waiting') return
    const part = await chargedBack(ctx, tx, told, await countByHand(ctx, tx, told, was))
    if (part.state === 'paid') await orderTransferPaid(ctx, tx, { issuerId, orderId })
  })
}

/** The money may be on its way: nobody has said whether it went. */
function isUnanswered({ journal }: OrderCase): boolean {
  const state = lastOf(journal, 'refund')?.state
  return state !== undefined && state !== 'refused' && state !== 'done'
}

// As long as one that a closing gives (src/closure/steps/settle.ts decides its own).
const voucher_days = 1096

/** What came from a voucher goes back as one; the order's page shows its code. */
async function giveVoucher(
  ctx: Context,
  tx: Tx,
  told: OrderCase,
  part: { part_id: string; amount_minor: bigint; currency: string },
): Promise<Proof> {
  const { issuer_id: issuerId } = told.order
  const { part_id: partId, amount_minor: amount, currency } = part
  const { voucherId } = await issueVoucher(ctx, tx, {
    issuerId,
    partId,
    amount,
    currency,
    days: voucher_days,
  })
  await notePart(tx, told, { state: 'paid', reference: voucherId, paid_at: ctx.clock.now() })
  return { route: 'voucher' }
}

/**
 * What the payer's bank has taken since it was owed does not go back once more: it counts as given by the bank
 * (refunds_payable → chargebacks). Nothing changes while an answer to a refund is open: the money may be on its way.
 */
async function chargedBack(ctx: Context, tx: Tx, told: OrderCase, part: Part): Promise<Part> {
  const payment = await paymentOf(tx, told)
  const rest = payment.amount_minor - payment.charged_back_minor - (await metBefore(tx, told, part))
  const left = rest > 0n ? rest : 0n
  if (part.state !== 'waiting' || isUnanswered(told) || part.amount_minor <= left) return part
  const { issuer_id: issuerId, currency } = told.order
  const house = (kind: 'refunds_payable' | 'chargebacks') =>
    houseAccount(ctx, tx, { issuerId, kind, currency })
  await post(ctx, tx, {
    issuerId,
    key: `${part.part_id}:charged_back:${payment.charged_back_minor}`,
    reason: 'chargeback',
    entries: [
      { accountId: await house('refunds_payable'), amount: left - part.amount_minor },
      { accountId: await house('chargebacks'), amount: part.amount_minor - left },
    ],
  })
  const facts =
    left > 0n ? { amount_minor: left } : { state: 'paid', reference: 'chargeback', paid_at: ctx.clock.now() }
  await tx
    .updateTable('payout_part')
    .set(facts)
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', part.part_id)
    .execute()
  return { ...part, ...facts }
}

/** What of the order's money went another way already, but for what the payer's bank took. */
async function metBefore(tx: Tx, { order }: OrderCase, part: Part): Promise<bigint> {
  const { met } = await tx
    .selectFrom('payout_part')
    .select(sql<bigint>`coalesce(sum(amount_minor), 0)::bigint`.as('met'))
    .where('issuer_id', '=', order.issuer_id)
    .where('order_id', '=', order.order_id)
    .where('part_id', '<>', part.part_id)
    .where('state', '<>', 'refused')
    .where(sql<boolean>`reference is distinct from 'chargeback'`)
    .executeTakeFirstOrThrow()
  return met
}

/** What staff gave back on the provider's own page is not sent once more, unless an answer of ours is open. */
async function countByHand(ctx: Context, tx: Tx, told: OrderCase, part: Part): Promise<Part> {
  const { issuer_id: issuerId, order_id: orderId } = told.order
  if (part.state !== 'waiting' || isUnanswered(told)) return part
  let now = part
  for (const byHand of await openByHand(tx, { issuerId, orderId })) {
    if (now.state !== 'waiting' || byHand.currency !== now.currency) return now
    const amount = byHand.left_minor < now.amount_minor ? byHand.left_minor : now.amount_minor
    const isAll = amount === now.amount_minor
    // The part that counts is the last one (readPart): what was met whole comes behind it, a share of it before it.
    const of = { orderId, ord: isAll ? now.ord + 1 : 0 }
    await meetByHand(ctx, tx, { issuerId, byHand, partId: now.part_id, amount, of })
    const facts = isAll
      ? { state: 'refused', refusal: 'refunded_by_hand' }
      : { amount_minor: now.amount_minor - amount }
    await tx
      .updateTable('payout_part')
      .set(facts)
      .where('issuer_id', '=', issuerId)
      .where('part_id', '=', now.part_id)
      .execute()
    now = await readPart(tx, told)
  }
  return now
}

async function knownByHand(tx: Tx, { order }: OrderCase): Promise<string[]> {
  const { rows } = await sql<{ known: string[] }>`
    select ${knownByHandOfP} as known from payment p
     where p.issuer_id = ${order.issuer_id} and p.order_id = ${order.order_id}
     order by p.received_at limit 1`.execute(tx)
  return rows[0]?.known ?? []
}

type Part = Awaited<ReturnType<typeof readPart>>

/** Locked, for staff may be noting a transfer of it at this moment (`leb order paid`). */
const lockPart = (tx: Tx, told: OrderCase) => partQuery(tx, told).forNoKeyUpdate().executeTakeFirstOrThrow()

const readPart = (tx: Tx, told: OrderCase) => partQuery(tx, told).executeTakeFirstOrThrow()

/** The part that counts: a refused one was replaced. */
function partQuery(tx: Tx, { order }: OrderCase) {
  return tx
    .selectFrom('payout_part')
    .select(['part_id', 'ord', 'route', 'state', 'amount_minor', 'currency'])
    .where('issuer_id', '=', order.issuer_id)
    .where('order_id', '=', order.order_id)
    .orderBy('ord', 'desc')
    .limit(1)
}

async function notePart(
  tx: Tx,
  { order }: OrderCase,
  facts: { state: 'paid' | 'refused'; reference?: string; refusal?: string; paid_at?: Date },
): Promise<void> {
  await tx
    .updateTable('payout_part')
    .set(facts)
    .where('issuer_id', '=', order.issuer_id)
    .where('part_id', '=', order.order_id)
    .execute()
}

async function postPaid(ctx: Context, tx: Tx, { order }: OrderCase, amount: bigint): Promise<void> {
  const { issuer_id: issuerId, currency } = order
  const owed = await houseAccount(ctx, tx, { issuerId, kind: 'refunds_payable', currency })
  const cash = await houseAccount(ctx, tx, { issuerId, kind: 'cash_at_provider', currency })
  await post(ctx, tx, {
    issuerId,
    key: `${order.order_id}:refund`,
    reason: 'order_refunded',
    entries: [
      { accountId: owed, amount: -amount },
      { accountId: cash, amount },
    ],
  })
}
