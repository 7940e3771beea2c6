import { sql } from 'kysely'
import { closeEmptyBalance, houseAccounts } from '../ledger/accounts.ts'
import { post } from '../ledger/post.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import type { PayoutPart } from './parts.ts'
import type { PlannedPart } from './plan-payouts.ts'
import { type Settlement, settlementEntries, type SettlementLine } from './settlement.ts'

type Where = { issuerId: string; closureId: string; cardId: string }

/** A settlement as it is kept with its closure: money as text. `orders` is what undo takes back of each. */
export type KeptSettlement = {
  lines: {
    kind: SettlementLine['kind']
    amount: string
    tax?: string
    code?: string
    orderId?: string
  }[]
  total: string
  orders: { orderId: string; net: string }[]
}

export const settlementKey = (closureId: string, cardId: string) => `${closureId}:settle:${cardId}`

/** The books of a settlement, in one posting that ends the card's balance account (`accountId`, locked). */
export async function postSettlement(
  ctx: Context,
  tx: Tx,
  where: Where & { accountId: string },
  settlement: Settlement,
): Promise<void> {
  const { issuerId, closureId, cardId, accountId } = where
  const entries = settlementEntries(settlement)
  const takesBalance = entries.some(({ account }) => account === 'card')
  if (!takesBalance) await closeEmptyBalance(ctx, tx, { issuerId, cardId })
  if (entries.length === 0) return
  const kinds = entries.flatMap(({ account }) => (account === 'card' ? [] : [account]))
  const house = await houseAccounts(ctx, tx, { issuerId, kinds, currency: settlement.currency })
  await post(ctx, tx, {
    issuerId,
    key: settlementKey(closureId, cardId),
    reason: 'closure_settlement',
    entries: entries.map(({ account, amount }) => ({
      accountId: account === 'card' ? accountId : house[account]!,
      amount,
    })),
    close: takesBalance ? [accountId] : [],
  })
}

/** Which disputes the settlement has borne, the first first: won later, that much of each is owed to the holder. */
export async function noteBorne(
  tx: Tx,
  { issuerId, cardId }: Pick<Where, 'issuerId' | 'cardId'>,
  settlement: Settlement,
): Promise<void> {
  const line = settlement.lines.find(({ kind }) => kind === 'charged_back')
  if (!line) return
  await sql`
    update chargeback b set settled_minor = b.settled_minor + least(x.open, ${-line.amount}::bigint - x.before)
      from (select ctid as place, amount_minor - holder_minor - settled_minor as open,
                   (sum(amount_minor - holder_minor - settled_minor) over w - (amount_minor - holder_minor - settled_minor))::bigint as before
              from chargeback
             where issuer_id = ${issuerId} and card_id = ${cardId} and currency = ${settlement.currency} and state <> 'won'
            window w as (order by opened_at, dispute_ref, payment_id)) x
     where b.ctid = x.place and x.before < ${-line.amount}::bigint`.execute(tx)
}

/** Net of each order that leaves deferred_revenue with this settlement: earned, or given back. */
export function netOfOrders(settlement: Settlement): { orderId: string; net: bigint }[] {
  const sums = new Map<string, bigint>()
  const add = (orderId: string, net: bigint) => sums.set(orderId, (sums.get(orderId) ?? 0n) + net)
  for (const { orderId, net } of settlement.earned) add(orderId, net)
  for (const line of settlement.lines)
    if (line.kind === 'unused' && line.orderId !== null) add(line.orderId, line.amount - line.tax)
  return [...sums].map(([orderId, net]) => ({ orderId, net })).filter(({ net }) => net > 0n)
}

/** After it, nothing of these orders stands in deferred_revenue for this net (minus: it stands there again). */
export async function noteEarned(
  tx: Tx,
  issuerId: string,
  orders: { orderId: string; net: bigint }[],
): Promise<void> {
  for (const { orderId, net } of orders)
    await tx
      .updateTable('purchase_order')
      .set((e) => ({ earned_minor: e('earned_minor', '+', net) }))
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', orderId)
      .execute()
}

export function keptSettlement(settlement: Settlement): KeptSettlement {
  return {
    lines: settlement.lines.map((line) => ({
      kind: line.kind,
      amount: line.amount.toString(),
      ...(line.kind === 'unused' && {
        tax: line.tax.toString(),
        code: line.code,
        ...(line.orderId !== null && { orderId: line.orderId }),
      }),
    })),
    total: settlement.total.toString(),
    orders: netOfOrders(settlement).map(({ orderId, net }) => ({ orderId, net: net.toString() })),
  }
}

/** New parts as they are written: in order, after `after` others. */
export function newParts(
  ctx: Context,
  at: { cardId: string; currency: string; after: number; refOf: (paymentId: string) => string | null },
  planned: PlannedPart[],
): PayoutPart[] {
  return planned.map((part, index) => ({
    partId: ctx.ids.next(),
    cardId: at.cardId,
    ord: at.after + index + 1,
    route: part.route,
    paymentId: part.paymentId,
    paymentRef: part.paymentId === null ? null : at.refOf(part.paymentId),
    amount: part.amount,
    currency: at.currency,
    // There is nothing to be done about nothing.
    state: part.route === 'nothing' ? 'paid' : 'waiting',
    reference: null,
    refusal: null,
    paidAt: null,
    inFile: false,
    claimUntil: null,
  }))
}

export async function writeParts(
  tx: Tx,
  where: { issuerId: string; closureId: string },
  parts: PayoutPart[],
): Promise<void> {
  await sql`
    insert into payout_part (issuer_id, part_id, closure_id, card_id, ord, route, payment_id, currency, amount_minor, state,
                             claim_until)
    select ${where.issuerId}, n.part_id, ${where.closureId}, n.card_id, n.ord, n.route, n.payment_id, n.currency,
           n.amount, n.state, n.claim_until
      from ${listOf(parts)}`.execute(tx)
}

/** What was settled and how it goes back, in one statement. */
export async function writeSettled(
  tx: Tx,
  where: Where,
  settlement: Settlement,
  parts: PayoutPart[],
): Promise<void> {
  await sql`
    with noted as (
      update closure_card set settled_minor = ${settlement.total}, settlement = ${JSON.stringify(keptSettlement(settlement))}::jsonb
       where issuer_id = ${where.issuerId} and closure_id = ${where.closureId} and card_id = ${where.cardId})
    insert into payout_part (issuer_id, part_id, closure_id, card_id, ord, route, payment_id, currency, amount_minor, state,
                             claim_until)
    select ${where.issuerId}, n.part_id, ${where.closureId}, n.card_id, n.ord, n.route, n.payment_id, n.currency,
           n.amount, n.state, n.claim_until
      from ${listOf(parts)}`.execute(tx)
}

const listOf = (parts: PayoutPart[]) => sql`
  unnest(${parts.map((p) => p.partId)}::uuid[], ${parts.map((p) => p.cardId)}::uuid[],
    ${parts.map((p) => p.ord)}::int[], ${parts.map((p) => p.route)}::text[],
    ${parts.map((p) => p.paymentId)}::uuid[], ${parts.map((p) => p.currency)}::text[],
    ${parts.map((p) => p.amount.toString())}::bigint[], ${parts.map((p) => p.state)}::text[],
    ${parts.map((p) => p.claimUntil)}::date[])
    as n (part_id, card_id, ord, route, payment_id, currency, amount, state, claim_until)`
