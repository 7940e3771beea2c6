import { sql } from 'kysely'
import { houseAccount, lockCardBalance } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

/**
 * A closing that was settled is undone, and the card has its balance again. What a payer's bank took back while the
 * card was settled found no balance to bear it: it bears it now as far as it goes, as it would have without the
 * closing, or whoever charged back would have that money twice.
 * @param settled key of the settlement's posting
 */
export async function bearAgain(
  ctx: Context,
  tx: Tx,
  card: { issuerId: string; cardId: string; settled: string },
): Promise<void> {
  const { issuerId, cardId, settled } = card
  const { rows } = await sql<Borne>`
    select c.dispute_ref, c.payment_id, c.currency, c.amount_minor - c.holder_minor as minor
      from ledger_posting s
      join chargeback c on c.issuer_id = s.issuer_id and c.card_id = ${cardId} and c.state <> 'won'
      join ledger_posting b on b.issuer_id = c.issuer_id
                           and b.key = 'chargeback:' || c.dispute_ref || ':' || c.payment_id
     where s.issuer_id = ${issuerId} and s.key = ${settled} and b.posted_at >= s.posted_at
       and c.holder_minor < c.amount_minor
     order by c.dispute_ref, c.payment_id for update of c`.execute(tx)
  for (const borne of rows) await takeOff(ctx, tx, { issuerId, cardId, by: settled }, borne)
}

/**
 * What was set aside on a card's balance is free again. While it was not, it could bear nothing of what payers' banks took
 * back: it does now, or whoever charged back would have that money twice.
 */
export async function bearLetGo(
  ctx: Context,
  tx: Tx,
  { issuerId, cardId, holdId }: { issuerId: string; cardId: string; holdId: string },
): Promise<void> {
  await lockCardBalance(tx, { issuerId, cardId })
  const { rows } = await sql<Borne & { most: bigint }>`
    select c.dispute_ref, c.payment_id, c.currency, c.amount_minor - c.holder_minor - c.settled_minor as minor,
           h.amount as most
      from ledger_hold h
      join chargeback c on c.issuer_id = h.issuer_id and c.card_id = ${cardId} and c.state <> 'won'
      join ledger_posting b on b.issuer_id = c.issuer_id
                           and b.key = 'chargeback:' || c.dispute_ref || ':' || c.payment_id
     where h.issuer_id = ${issuerId} and h.hold_id = ${holdId} and h.state in ('released', 'expired')
       and b.posted_at between h.held_at and h.ended_at
       and c.holder_minor + c.settled_minor < c.amount_minor
     order by c.dispute_ref, c.payment_id for update of c`.execute(tx)
  let left = rows[0]?.most ?? 0n
  for (const row of rows) {
    const minor = row.minor < left ? row.minor : left
    left -= await takeOff(ctx, tx, { issuerId, cardId, by: holdId }, { ...row, minor })
  }
}

type Borne = { dispute_ref: string; payment_id: string; currency: string; minor: bigint }

async function takeOff(
  ctx: Context,
  tx: Tx,
  { issuerId, cardId, by }: { issuerId: string; cardId: string; by: string },
  { dispute_ref: disputeRef, payment_id: paymentId, currency, minor }: Borne,
): Promise<bigint> {
  const balance = await lockCardBalance(tx, { issuerId, cardId })
  const free = balance.amount - balance.held
  const taken = free < minor ? free : minor
  if (taken <= 0n) return 0n
  await post(ctx, tx, {
    issuerId,
    key: `chargeback:${disputeRef}:${paymentId}:${by}`,
    reason: 'chargeback',
    entries: [
      { accountId: balance.accountId, amount: -taken },
      { accountId: await houseAccount(ctx, tx, { issuerId, kind: 'chargebacks', currency }), amount: taken },
    ],
    despiteFreeze: [balance.accountId],
  })
  await tx
    .updateTable('chargeback')
    .set((e) => ({ holder_minor: e('holder_minor', '+', taken) }))
    .where('issuer_id', '=', issuerId)
    .where('dispute_ref', '=', disputeRef)
    .where('payment_id', '=', paymentId)
    .execute()
  return taken
}
