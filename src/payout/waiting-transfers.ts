import { type RawBuilder, sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { type BankDetails, readBankDetails } from './bank-details.ts'
import { chargedBackSince } from './charged-back-since.ts'
import { isSepa } from './iban.ts'

/** A transfer of a closure or of an order that can go to the bank now. */
export type WaitingTransfer = {
  partId: string
  closureId: string | null
  orderId: string | null
  /** Of the closure or order: what the payee reads on the statement. */
  number: string
  amount: bigint
  currency: string
  details: BankDetails
  /** Of this account (vault_item.naming_id). */
  namingId: string | null
  sepa: boolean
}

/**
 * All transfers that wait and whose account is known, SEPA ones first, locked: closures and then orders, in order, as
 * undo, workers and buyers lock them; then what of them waits.
 */
export async function lockWaitingTransfers(
  ctx: Context,
  tx: Tx,
  issuerId: string,
): Promise<WaitingTransfer[]> {
  const rows = [
    ...(await ofClosures(tx, issuerId)),
    ...(await ofOrders(tx, issuerId)),
    ...(await ofReceipts(tx, issuerId)),
  ]
  const waiting: WaitingTransfer[] = []
  for (const row of rows) {
    const details = await readBankDetails(ctx, tx, { issuerId, holderId: row.holder_id, itemId: row.item_id })
    if (!details) continue
    waiting.push({
      partId: row.part_id,
      closureId: row.closure_id,
      orderId: row.order_id,
      number: row.number,
      amount: row.amount_minor,
      currency: row.currency,
      details,
      namingId: row.naming_id,
      sepa: row.currency === 'EUR' && isSepa(details.iban),
    })
  }
  return waiting.sort((a, b) => Number(b.sepa) - Number(a.sepa))
}

type Row = {
  part_id: string
  closure_id: string | null
  order_id: string | null
  number: string
  holder_id: string
  item_id: string
  naming_id: string | null
  amount_minor: bigint
  currency: string
}

/** Of a part `p`. */
const waits = sql<boolean>`p.route = 'bank_transfer' and p.state = 'waiting'`

async function ofClosures(tx: Tx, issuerId: string): Promise<Row[]> {
  await sql`
    select 1 from closure o
     where o.issuer_id = ${issuerId} and o.state <> 'undone'
       and exists (select 1 from payout_part p
                    where p.issuer_id = o.issuer_id and p.closure_id = o.closure_id and ${waits})
     order by o.closure_id for no key update`.execute(tx)
  const { rows } = await sql<Row & { card_id: string; disputed: boolean }>`
    select p.part_id, p.closure_id, p.order_id, o.number, a.holder_id, v.item_id, v.naming_id, p.amount_minor, p.currency,
           p.card_id, exists (select 1 from chargeback b
                               where b.issuer_id = p.issuer_id and b.card_id = p.card_id and b.state <> 'won') as disputed
      from payout_part p
      join closure o on o.issuer_id = p.issuer_id and o.closure_id = p.closure_id and o.state <> 'undone'
      join account a on a.issuer_id = o.issuer_id and a.account_id = o.account_id
      join vault_item v on v.issuer_id = p.issuer_id and v.item_id = p.closure_id and v.kind = 'bank'
     where p.issuer_id = ${issuerId} and ${waits}
     order by p.part_id for no key update of p`.execute(tx)
  const waiting: Row[] = []
  for (const row of rows) {
    // The payer may have it from their bank by now: a worker lays it before staff first (steps/wait-for-transfer.ts).
    const of = { issuerId, closureId: row.closure_id!, cardIds: [row.card_id] }
    if (!row.disputed || (await chargedBackSince(tx, of)).size === 0) waiting.push(row)
  }
  return waiting
}

async function ofOrders(tx: Tx, issuerId: string): Promise<Row[]> {
  await sql`
    select 1 from purchase_order o
     where o.issuer_id = ${issuerId} and o.bank_item_id is not null
       and exists (select 1 from payout_part p
                    left join unmatched_receipt r on r.issuer_id = p.issuer_id and r.receipt_id = p.receipt_id
                    where p.issuer_id = o.issuer_id and coalesce(p.order_id, r.order_id) = o.order_id and ${waits})
     order by o.order_id for no key update`.execute(tx)
  const { rows } = await sql<Row>`
    select p.part_id, p.closure_id, p.order_id, o.number, o.holder_id, v.item_id, v.naming_id, p.amount_minor, p.currency
      from payout_part p
      join purchase_order o on o.issuer_id = p.issuer_id and o.order_id = p.order_id and o.state = 'refunding'
      join vault_item v on v.issuer_id = p.issuer_id and v.item_id = o.bank_item_id and v.kind = 'bank'
     where p.issuer_id = ${issuerId} and ${waits} and ${isStillOwed}
     order by p.part_id for no key update of p`.execute(tx)
  return rows
}

/** What came for an order and did not fit it; its order is locked by then. */
async function ofReceipts(tx: Tx, issuerId: string): Promise<Row[]> {
  const { rows } = await sql<Row>`
    select p.part_id, p.closure_id, p.order_id, o.number, o.holder_id, v.item_id, v.naming_id, p.amount_minor, p.currency
      from payout_part p
      join unmatched_receipt r on r.issuer_id = p.issuer_id and r.receipt_id = p.receipt_id and r.state = 'refunding'
      join purchase_order o on o.issuer_id = r.issuer_id and o.order_id = r.order_id
      join vault_item v on v.issuer_id = p.issuer_id and v.item_id = o.bank_item_id and v.kind = 'bank'
     where p.issuer_id = ${issuerId} and ${waits}
     order by p.part_id for no key update of p`.execute(tx)
  return rows
}

/**
 * Of a part `p` of an order: what was paid for it covers all that it gives back. Where the payer's bank or staff at the
 * provider have taken money since, a worker reckons anew first (src/order/steps/refund.ts).
 */
const isStillOwed: RawBuilder<boolean> = sql<boolean>`
  (select sum(q.amount_minor) from payout_part q
    where q.issuer_id = p.issuer_id and q.order_id = p.order_id and q.state <> 'refused'
      and q.reference is distinct from 'chargeback')
  <= (select y.amount_minor - y.charged_back_minor from payment y
       where y.issuer_id = p.issuer_id and y.order_id = p.order_id order by y.received_at limit 1)
  and not exists (
    select 1 from refund_by_hand h join payment y on y.issuer_id = h.issuer_id and y.provider = h.provider
                                                 and y.provider_ref = h.payment_ref
     where y.issuer_id = p.issuer_id and y.order_id = p.order_id and h.left_minor > 0
       and h.state in ('waiting', 'counts'))`
