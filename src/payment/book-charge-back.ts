import { sql } from 'kysely'
import type { DisputeState } from '../adapters/payment/port.ts'
import { houseAccount, lockCardBalance } from '../ledger/accounts.ts'
import { type Entry, post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { lockReceipt, move, note } from './receipts.ts'

type Taken = {
  issuerId: string
  dispute: DisputeState
  payment: {
    payment_id: string
    card_id: string | null
    currency: string
    charged_back_minor: bigint
  }
  amount: bigint
  counted: bigint
}

/**
 * The provider's cash is less by `amount`. The card's balance bears it as far as it goes (also when it is frozen for
 * closing: what was taken back must not be paid out as well), the house the rest, in account `chargebacks`. From
 * here on the payment can give back less (payment.charged_back_minor).
 */
export async function bookTaken(ctx: Context, tx: Tx, taken: Taken): Promise<void> {
  const { issuerId, dispute, payment, amount, counted } = taken
  const { currency, card_id: cardId } = payment
  const key = `chargeback:${dispute.disputeRef}:${payment.payment_id}`
  const holder = cardId === null ? undefined : await ofBalance(tx, { issuerId, cardId, amount })
  const fromHolder = holder?.amount ?? 0n
  const unmatched = holder
    ? false
    : await takeUnmatched(ctx, tx, { issuerId, paymentId: payment.payment_id, amount, key })
  if (!unmatched) {
    const cash = await houseAccount(ctx, tx, { issuerId, kind: 'cash_at_provider', currency })
    const entries: Entry[] = [{ accountId: cash, amount }]
    if (holder && fromHolder > 0n) entries.push({ accountId: holder.accountId, amount: -fromHolder })
    if (amount > fromHolder) {
      const loss = await houseAccount(ctx, tx, { issuerId, kind: 'chargebacks', currency })
      entries.push({ accountId: loss, amount: fromHolder - amount })
    }
    const despiteFreeze = holder ? [holder.accountId] : []
    await post(ctx, tx, { issuerId, key, reason: 'chargeback', entries, despiteFreeze })
  }
  await tx
    .insertInto('chargeback')
    .values({
      issuer_id: issuerId,
      provider: 'stripe',
      dispute_ref: dispute.disputeRef,
      payment_id: payment.payment_id,
      card_id: cardId,
      currency,
      amount_minor: amount,
      counted_minor: counted,
      holder_minor: fromHolder,
      state: dispute.state === 'lost' ? 'lost' : 'open',
      opened_at: new Date(dispute.at),
      closed_at: dispute.state === 'lost' ? ctx.clock.now() : null,
    })
    .execute()
  await count(tx, { issuerId, paymentId: payment.payment_id, minor: counted })
}

/** What of `amount` the card's balance can bear: not what is set aside, and nothing when its account is closed. */
async function ofBalance(
  tx: Tx,
  card: { issuerId: string; cardId: string; amount: bigint },
): Promise<{ accountId: string; amount: bigint }> {
  const balance = await lockCardBalance(tx, card)
  const free = balance.closedAt ? 0n : balance.amount - balance.held
  return { accountId: balance.accountId, amount: free < card.amount ? free : card.amount }
}

/**
 * Money that nobody had ordered and that is still here: it is simply gone again. Taken in part, it stays its payer's as
 * it is, for staff to see to, and the house bears the part for now.
 */
async function takeUnmatched(
  ctx: Context,
  tx: Tx,
  input: { issuerId: string; paymentId: string; amount: bigint; key: string },
): Promise<boolean> {
  const found = await receiptOf(tx, input, ['waiting', 'refunding'])
  const receipt = found && (await lockReceipt(tx, { issuerId: input.issuerId, receiptId: found }))
  if (!receipt || receipt.reason === 'chargeback_won' || input.amount < receipt.amount) return false
  const from = receipt.state === 'refunding' ? 'refunds_payable' : 'unmatched_receipts'
  await move(ctx, tx, receipt, { key: input.key, from, to: 'cash_at_provider', reason: 'chargeback' })
  await note(tx, receipt, { state: 'kept_by_bank', refusal: null })
  return true
}

async function receiptOf(
  tx: Tx,
  { issuerId, paymentId }: { issuerId: string; paymentId: string },
  states: string[],
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('unmatched_receipt')
    .select('receipt_id')
    .where('issuer_id', '=', issuerId)
    .where('payment_id', '=', paymentId)
    .where('state', 'in', states)
    .executeTakeFirst()
  return row?.receipt_id
}

async function count(tx: Tx, of: { issuerId: string; paymentId: string; minor: bigint }): Promise<void> {
  await tx
    .updateTable('payment')
    .set((e) => ({ charged_back_minor: e('charged_back_minor', '+', of.minor) }))
    .where('issuer_id', '=', of.issuerId)
    .where('payment_id', '=', of.paymentId)
    .execute()
}

export type Chargeback = {
  issuer_id: string
  dispute_ref: string
  payment_id: string
  card_id: string | null
  currency: string
  amount_minor: bigint
  counted_minor: bigint
  holder_minor: bigint
  settled_minor: bigint
}

/**
 * The bank decided for us: the money is back, and the card gets back what its balance had borne. What the holder went
 * without because of the dispute (his card was closed meanwhile, a payout was counted as charged back, an order was
 * given back as nothing) waits as unmatched money for staff: it is owed.
 */
export async function bookReversal(ctx: Context, tx: Tx, known: Chargeback): Promise<void> {
  const {
    issuer_id: issuerId,
    payment_id: paymentId,
    currency,
    amount_minor: amount,
    card_id: cardId,
  } = known
  const key = `chargeback:${known.dispute_ref}:${paymentId}:won`
  await count(tx, { issuerId, paymentId, minor: -known.counted_minor })
  const kept = await receiptOf(tx, { issuerId, paymentId }, ['kept_by_bank'])
  const receipt = kept && (await lockReceipt(tx, { issuerId, receiptId: kept }))
  if (receipt) {
    const back = { from: 'cash_at_provider', to: 'unmatched_receipts' } as const
    await move(ctx, tx, receipt, { key, ...back, reason: 'chargeback_reversed' })
    return note(tx, receipt, { state: 'waiting' })
  }
  const house = (kind: 'cash_at_provider' | 'chargebacks' | 'unmatched_receipts') =>
    houseAccount(ctx, tx, { issuerId, kind, currency })
  // Under the lock that a settlement takes first: what it bears of this is known, or it bears nothing of it.
  const card = cardId === null ? undefined : await lockCardBalance(tx, { issuerId, cardId })
  const row = await readAgain(tx, known)
  const balance = row.holder_minor > 0n ? card : undefined
  const loss = amount - row.holder_minor - row.settled_minor
  const went = await wentWithout(tx, row)
  const owed = (went < loss ? went : loss) + row.settled_minor + (balance?.closedAt ? row.holder_minor : 0n)
  const toCard = balance && !balance.closedAt ? row.holder_minor : 0n
  const entries: Entry[] = [
    { accountId: await house('cash_at_provider'), amount: -amount },
    ...(balance ? [{ accountId: balance.accountId, amount: toCard }] : []),
    { accountId: await house('unmatched_receipts'), amount: owed },
    { accountId: await house('chargebacks'), amount: amount - toCard - owed },
  ]
  if (owed > 0n) await oweHolder(ctx, tx, row, owed)
  const reason = 'chargeback_reversed'
  await post(ctx, tx, { issuerId, key, reason, entries: entries.filter((one) => one.amount !== 0n) })
}

function readAgain(tx: Tx, row: Chargeback): Promise<Chargeback> {
  return tx
    .selectFrom('chargeback')
    .selectAll()
    .where('issuer_id', '=', row.issuer_id)
    .where('provider', '=', 'stripe')
    .where('dispute_ref', '=', row.dispute_ref)
    .where('payment_id', '=', row.payment_id)
    .executeTakeFirstOrThrow()
}

/**
 * What was not paid to the holder because the bank had: by closings, and by an order that was given back without it. An
 * order that was given back before the bank came has gone without nothing, and one that is still to be is owed whole.
 */
async function wentWithout(tx: Tx, row: Chargeback): Promise<bigint> {
  const { rows } = await sql<{ minor: bigint }>`
    select coalesce((select sum(amount_minor) from payout_part
                      where issuer_id = ${row.issuer_id} and payment_id = ${row.payment_id} and state = 'paid'
                        and closure_id is not null and reference = 'chargeback'), 0)::bigint
         + coalesce((select least(${row.counted_minor.toString()}::bigint, greatest(0, p.amount_minor
                              - coalesce(sum(x.amount_minor) filter (where x.state <> 'refused'
                                and x.reference is distinct from 'chargeback'), 0)))
                       from payment p
                       join purchase_order o using (issuer_id, order_id)
                       join payout_part x using (issuer_id, order_id)
                      where p.issuer_id = ${row.issuer_id} and p.payment_id = ${row.payment_id}
                        and o.state in ('refunding', 'refunded') and o.delivered_at is null
                      group by p.amount_minor), 0)::bigint as minor`.execute(tx)
  return rows[0]!.minor
}

async function oweHolder(ctx: Context, tx: Tx, row: Chargeback, owed: bigint): Promise<void> {
  await tx
    .insertInto('unmatched_receipt')
    .values({
      issuer_id: row.issuer_id,
      receipt_id: ctx.ids.next(),
      payment_id: row.payment_id,
      reason: 'chargeback_won',
      currency: row.currency,
      amount_minor: owed,
      received_at: ctx.clock.now(),
    })
    .execute()
}
