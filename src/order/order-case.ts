import { type Selectable, sql } from 'kysely'
import { Superseded } from '../closure/step.ts'
import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import { type CatalogueItem, itemById } from '../plan/catalogue.ts'
import { type Tax } from '../plan/tax.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { assert } from '../platform/errors.ts'
import type { PurchaseOrder } from '../platform/tables.ts'
import { type OrderJournal, readOrderJournal } from './order-journal.ts'

export type OrderRow = Selectable<PurchaseOrder>

/** One order as a worker has it before it, under a version that it alone holds. */
export type OrderCase = {
  issuer: Issuer
  order: OrderRow
  taxRule: Tax
  item: CatalogueItem | null
  journal: OrderJournal
}

/** Why an order that was paid or set aside is not delivered; said to the buyer in words (order-text). */
export type RefundReason =
  | 'item_withdrawn'
  | 'card_closing'
  | 'card_ended'
  | 'account_closing'
  | 'no_profile'
  | 'charged_back'
  | 'refunded_by_hand'
  | 'person_erased'
  | 'not_set_aside'
  | 'not_deliverable'

/** The money is back, and of the profile nobody has said yet that it is retired, or that there was none. */
const profileIsOpen = sql<boolean>`state = 'refunded' and kind = 'card' and not exists (
  select 1 from order_step s where s.issuer_id = purchase_order.issuer_id and s.order_id = purchase_order.order_id
     and s.step = 'retire_profile' and s.state = 'done')`

/**
 * Takes an order up that is paid, on its way back, or back but for its profile: from here writes under an older version
 * are refused. Undefined when there is nothing to do.
 */
export async function takeUpOrder(
  ctx: Context,
  issuerId: string,
  orderId: string,
): Promise<OrderCase | undefined> {
  const issuer = await findIssuer(ctx.db, issuerId)
  if (!issuer) return undefined
  return inIssuer(ctx.db, issuerId, async (tx) => {
    const order = await tx
      .updateTable('purchase_order')
      .set((e) => ({ version: e('version', '+', 1n), worker: ctx.worker }))
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', orderId)
      .where((e) => e.or([e('state', 'in', ['paid', 'refunding']), profileIsOpen]))
      .returningAll()
      .executeTakeFirst()
    if (!order) return undefined
    const item = order.item_id ? await itemById(tx, issuerId, order.item_id) : undefined
    const journal = await readOrderJournal(tx, issuerId, orderId)
    return { issuer, order, taxRule: order.tax as Tax, item: item ?? null, journal }
  })
}

/** Fencing: locks the order and makes sure that it is still ours to tell. Throws Superseded. */
export async function holdOrder(tx: Tx, told: OrderCase): Promise<void> {
  const { issuer_id, order_id, version } = told.order
  const { rows } = await sql`
    select 1 from purchase_order where issuer_id = ${issuer_id} and order_id = ${order_id} and version = ${version}
    for no key update`.execute(tx)
  if (rows.length === 0) throw new Superseded()
}

/** Puts facts down, in the row and in the case. The turn must be held. */
export async function noteOrder(tx: Tx, told: OrderCase, facts: Partial<OrderRow>): Promise<void> {
  const { issuer_id, order_id, version } = told.order
  const done = await tx
    .updateTable('purchase_order')
    .set(facts)
    .where('issuer_id', '=', issuer_id)
    .where('order_id', '=', order_id)
    .where('version', '=', version)
    .executeTakeFirst()
  assert(done.numUpdatedRows === 1n, 'the turn is held while an order is written')
  Object.assign(told.order, facts)
}

/** The one payment that paid it; one that is paid from a balance has none. */
export async function paymentOf(tx: Tx, told: OrderCase) {
  const payment = await tx
    .selectFrom('payment')
    .select(['payment_id', 'provider', 'provider_ref', 'amount_minor', 'charged_back_minor', 'currency'])
    .where('issuer_id', '=', told.order.issuer_id)
    .where('order_id', '=', told.order.order_id)
    .orderBy('received_at')
    .executeTakeFirst()
  assert(payment, 'a paid order has its payment')
  return payment
}
