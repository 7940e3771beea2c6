import { type HouseAccount, houseAccounts, lockCardBalance } from '../../ledger/accounts.ts'
import { postHold } from '../../ledger/holds.ts'
import { post } from '../../ledger/post.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { bringBack } from '../../usage/dry-cut.ts'
import type { OrderCase } from '../order-case.ts'
import { includedBalance } from '../price-lines.ts'
import { readSetAside } from '../set-aside.ts'

/** orders_in_hand → deferred_revenue, tax_payable and the balance that is part of the price (docs/adr/0011). */
export async function postSale(ctx: Context, tx: Tx, told: OrderCase, cardId: string): Promise<void> {
  const { order } = told
  const { issuer_id: issuerId, currency, gross_minor: gross, tax_minor: tax, net_minor: net } = order
  const balance = includedBalance(told)
  const kinds: HouseAccount[] = ['orders_in_hand', 'deferred_revenue', 'tax_payable']
  const house = await houseAccounts(ctx, tx, { issuerId, kinds, currency })
  const entries = [
    { accountId: house.orders_in_hand!, amount: -gross },
    { accountId: house.deferred_revenue!, amount: net - balance },
    { accountId: house.tax_payable!, amount: tax },
    ...(balance > 0n
      ? [{ accountId: (await lockCardBalance(tx, { issuerId, cardId })).accountId, amount: balance }]
      : []),
  ]
  await post(ctx, tx, {
    issuerId,
    key: `${order.order_id}:deliver`,
    reason: 'order_delivered',
    entries: entries.filter((entry) => entry.amount !== 0n),
  })
}

/**
 * What was set aside on the card's balance → deferred_revenue, tax_payable. Money on a balance has not been taxed yet
 * (docs/adr/0011): its tax falls due here, once, as with any other use of it.
 */
export async function postFromBalance(ctx: Context, tx: Tx, { order }: OrderCase): Promise<void> {
  const { issuer_id: issuerId, order_id: orderId, currency } = order
  const { gross_minor: gross, tax_minor: tax, net_minor: net } = order
  const { holdId, accountId } = await readSetAside(tx, { issuerId, orderId }, ctx.clock.now())
  const kinds: HouseAccount[] = ['deferred_revenue', 'tax_payable']
  const house = await houseAccounts(ctx, tx, { issuerId, kinds, currency })
  const entries = [
    { accountId, amount: -gross },
    { accountId: house.deferred_revenue!, amount: net },
    { accountId: house.tax_payable!, amount: tax },
  ]
  await postHold(ctx, tx, {
    issuerId,
    holdId,
    reason: 'add_on_bought',
    entries: entries.filter((entry) => entry.amount !== 0n),
  })
}

/** orders_in_hand → the card's balance, whole: its tax falls due with use. */
export async function postTopUp(ctx: Context, tx: Tx, { order }: OrderCase, cardId: string): Promise<void> {
  const { issuer_id: issuerId, currency, gross_minor: amount } = order
  const { accountId } = await lockCardBalance(tx, { issuerId, cardId })
  const { orders_in_hand: inHand } = await houseAccounts(ctx, tx, {
    issuerId,
    kinds: ['orders_in_hand'],
    currency,
  })
  await post(ctx, tx, {
    issuerId,
    key: `${order.order_id}:deliver`,
    reason: 'top_up',
    entries: [
      { accountId: inHand!, amount: -amount },
      { accountId, amount },
    ],
  })
  await bringBack(ctx, tx, cardId)
}
