import { createHmac } from 'node:crypto'
import { type Counted, countTry } from '../holder/rate-limits.ts'
import type { Issuer } from '../issuer/issuer.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { orderPrefix } from '../payment/find-order-number.ts'
import { markPaid, receivePayment } from '../payment/receive-payment.ts'
import { redeemVoucher } from '../payout/voucher.ts'
import { Refusal } from '../platform/errors.ts'
import { fingerprint } from '../privacy/vault.ts'
import { type Buyer, keepGuest } from './buyer.ts'
import { checkStep } from './check-step.ts'
import { orderToken } from './order-token.ts'
import { isOffered, type PayBy } from './pay-ways.ts'
import { readOffer } from './offer.ts'
import { hasEnded, type Quote, type Wanted } from './quote.ts'
import { setAside } from './set-aside.ts'
import { standingOf } from './standing.ts'

export type NewOrder = {
  issuer: Issuer
  wanted: Wanted
  buyer: Buyer
  payBy: PayBy
  /** Of a voucher, where that pays. */
  voucherCode?: string
  locale: 'zh-CN' | 'en'
  client: string
  /** A secret of this one act: the same form sent twice is one order. At least 16 random bytes. */
  once: string
  /** The item's version and the terms that were on the page when it was accepted. */
  seen: { itemId: string | null; termsVersion: string; termsSha256: string }
  accepted: boolean
}
export type Placed = { orderId: string; number: string; token: string; payBy: PayBy; fresh: boolean }

/** How long an order waits for its money. */
const pay_within_hours: Record<PayBy, number> = { stripe: 24, bank: 14 * 24, voucher: 1, balance: 1 }

/**
 * Takes an order. Price, tax and what was accepted are pinned on it; the person goes into the vault in the same
 * transaction. Throws Refusal order/… (what can't be bought), holder/email_invalid, holder/too_often.
 */
export async function placeOrder(ctx: Context, order: NewOrder): Promise<Placed> {
  const { issuerId } = order.issuer
  // Keyed, because what makes one act differ from another may hold an address.
  const { indexKey } = await ctx.keys.vault(issuerId)
  const hash = createHmac('sha256', indexKey).update(`place/${order.once}`).digest()
  const before = await inIssuer(ctx.db, issuerId, (tx) => findPlaced(ctx, tx, issuerId, hash))
  if (before) return before
  if (!order.accepted) throw new Refusal('order/terms_not_accepted')
  if (!isOffered(order.issuer, order.wanted, order.payBy)) throw new Refusal('order/pay_by_unavailable')
  await countTry(ctx, issuerId, await triesOf(ctx, order))
  try {
    return await inIssuer(ctx.db, issuerId, (tx) => writeOrder(ctx, tx, order, hash))
  } catch (error) {
    // The same form, sent twice at the same moment: the other one was faster.
    if ((error as { constraint?: string }).constraint !== 'purchase_order_placed') throw error
    const placed = await inIssuer(ctx.db, issuerId, (tx) => findPlaced(ctx, tx, issuerId, hash))
    if (!placed) throw error
    return placed
  }
}

/** What an order counts as a try of. */
export async function triesOf(
  ctx: Context,
  order: Pick<NewOrder, 'issuer' | 'buyer' | 'payBy' | 'client'>,
): Promise<Counted[]> {
  return [{ limit: 'order_per_client', who: order.client }, ...(await mailedUnproved(ctx, order))]
}

/** What is mailed before anything is paid: nobody fills a stranger's mailbox with orders in their name. */
async function mailedUnproved(
  ctx: Context,
  order: Pick<NewOrder, 'issuer' | 'buyer' | 'payBy'>,
): Promise<Counted[]> {
  const { buyer, payBy } = order
  if (buyer.kind !== 'guest' || payBy !== 'bank') return []
  const keys = await ctx.keys.vault(order.issuer.issuerId)
  return [{ limit: 'bank_order_per_address_a_day', who: fingerprint(keys, 'email', buyer.email) }]
}

async function writeOrder(ctx: Context, tx: Tx, order: NewOrder, hash: Buffer): Promise<Placed> {
  const { issuer, wanted, seen } = order
  const { issuerId } = issuer
  const now = ctx.clock.now()
  const standing = await standingOf(tx, { issuer, wanted, buyer: order.buyer })
  const { jurisdiction } = standing
  const { price, terms } = await readOffer(tx, { issuer, wanted, jurisdiction, now })
  if ((price.item?.itemId ?? null) !== seen.itemId) throw new Refusal('order/offer_changed')
  checkStep({ amount: price.gross, currency: price.currency }, order.payBy)
  if (terms.version !== seen.termsVersion || terms.sha256 !== seen.termsSha256)
    throw new Refusal('order/offer_changed')
  const orderId = ctx.ids.next()
  const number = `${orderPrefix(issuerId)}${ctx.ids.readable()}`
  const holderId =
    standing.holderId ?? (await keepGuest(ctx, tx, issuerId, order.buyer as Buyer & { kind: 'guest' }))
  await tx
    .insertInto('purchase_order')
    .values({
      issuer_id: issuerId,
      order_id: orderId,
      number,
      holder_id: holderId,
      ...pinned(price),
      account_id: standing.accountId,
      jurisdiction,
      locale: order.locale,
      pay_by: order.payBy,
      state: 'awaiting_payment',
      terms_version: terms.version,
      terms_sha256: terms.sha256,
      accepted_at: now,
      created_at: now,
      pay_until: new Date(now.getTime() + pay_within_hours[order.payBy] * 3_600_000),
      place_hash: hash,
    })
    .execute()
  if (order.payBy === 'voucher')
    await payByVoucher(ctx, tx, order, { orderId, amount: price.gross, currency: price.currency })
  if (order.payBy === 'balance') {
    // After the order's row: the same form sent twice meets there, and not in a balance that its twin has lessened.
    const card = price.card!
    const asked = { cardId: card.cardId, amount: price.gross, jurisdiction, ended: hasEnded(card, now) }
    await setAside(ctx, tx, { issuerId, orderId, ...asked })
    await markPaid(ctx, tx, { issuerId, orderId, at: now })
  }
  if (order.payBy === 'bank')
    await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_placed', locale: order.locale })
  const token = orderToken(await ctx.keys.vault(issuerId), orderId)
  return { orderId, number, token, payBy: order.payBy, fresh: true }
}

/** The order is paid in the transaction that takes it, or not taken. Tries are limited with the orders' own limit. */
async function payByVoucher(
  ctx: Context,
  tx: Tx,
  order: NewOrder,
  price: { orderId: string; amount: bigint; currency: string },
): Promise<void> {
  const { issuerId } = order.issuer
  try {
    const { ref } = await redeemVoucher(ctx, tx, { issuerId, code: order.voucherCode ?? '', ...price })
    await receivePayment(ctx, tx, { issuerId, provider: 'voucher', ref, at: ctx.clock.now(), ...price })
  } catch (error) {
    if (error instanceof Refusal && error.code.startsWith('voucher/'))
      throw new Refusal('order/voucher_wrong')
    throw error
  }
}

/** What of the quote stays with the order for good. */
function pinned(price: Quote) {
  return {
    kind: price.kind,
    item_id: price.item?.itemId ?? null,
    zone: price.zone,
    card_id: price.card?.cardId ?? null,
    currency: price.currency,
    net_minor: price.net,
    tax_minor: price.tax,
    gross_minor: price.gross,
    tax: JSON.stringify(price.taxRule),
  }
}

async function findPlaced(ctx: Context, tx: Tx, issuerId: string, hash: Buffer): Promise<Placed | undefined> {
  const row = await tx
    .selectFrom('purchase_order')
    .select(['order_id', 'number', 'pay_by'])
    .where('issuer_id', '=', issuerId)
    .where('place_hash', '=', hash)
    .executeTakeFirst()
  if (!row) return undefined
  const token = orderToken(await ctx.keys.vault(issuerId), row.order_id)
  return { orderId: row.order_id, number: row.number, token, payBy: row.pay_by as PayBy, fresh: false }
}
