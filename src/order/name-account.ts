import { countTry } from '../holder/rate-limits.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import { lockReceiptsOf, returnByTransfer } from '../payment/return-by-transfer.ts'
import { keepBankDetails } from '../payout/bank-details.ts'
import { checkBankAccount } from '../payout/check-bank-account.ts'
import { lockOrder } from '../payout/order-transfers.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { isAccountKey } from './order-token.ts'
import { type OrderView, readOrder } from './read-order.ts'

/** Who wants to say where an order's money goes: whoever is signed in, or has the link that was mailed for it. */
export type AccountCaller = { holderIds: string[]; key: string | undefined }

/** Names of all money of an order that waits for an account or for the file: its own transfer, and what came besides. */
export function moneyThatWaits({ state, transfer, extras }: OrderView): string[] {
  const own = state === 'refunding' && transfer?.state === 'waiting' ? [transfer.partId] : []
  const besides = extras.filter((extra) => extra.state === 'waiting')
  return [...own, ...besides.map(({ receiptId, round }) => `${receiptId}:${round}`)]
}

/**
 * The money that this caller may name an account for. Seeing the order is not enough: its page's address may lie in a
 * mailbox for years, or have been forwarded with the QR code. Throws Refusal order/no_transfer_waits,
 * order/account_link_needed.
 */
export async function moneyToName(ctx: Context, order: OrderView, by: AccountCaller): Promise<string[]> {
  const waiting = moneyThatWaits(order)
  if (waiting.length === 0) throw new Refusal('order/no_transfer_waits')
  if (by.holderIds.includes(order.holderId)) return waiting
  const { codeKey } = await ctx.keys.vault(order.issuerId)
  if (by.key === undefined || !isAccountKey({ codeKey }, waiting, by.key))
    throw new Refusal('order/account_link_needed')
  return waiting
}

/**
 * The buyer names the account that all money of an order goes to that waits, or another one as long as none of it is
 * with the bank. The address that ordered hears of it. Throws those of checkBankAccount, and Refusal
 * order/no_transfer_waits (also when something else waits than the caller was let in for), order/person_gone.
 */
export async function nameOrderAccount(
  ctx: Context,
  input: { issuerId: string; orderId: string; waiting: string[]; iban: string; name: string },
): Promise<void> {
  const details = checkBankAccount(input)
  const { issuerId, orderId, waiting } = input
  await inIssuer(ctx.db, issuerId, async (tx) => {
    await lockOrder(tx, { issuerId, orderId })
    await lockReceiptsOf(tx, { issuerId, orderId })
    const order = await readOrder(ctx, tx, { issuerId, orderId })
    if (!order || waiting.length === 0 || moneyThatWaits(order).join() !== waiting.join())
      throw new Refusal('order/no_transfer_waits')
    const { locale, itemId } = await accountPlace(ctx, tx, order)
    const place = { issuerId, holderId: order.holderId, itemId }
    if (!(await keepBankDetails(ctx, tx, place, details))) throw new Refusal('order/person_gone')
    await tx
      .updateTable('purchase_order')
      .set({ bank_item_id: itemId, transfer_told_at: null, bank_asked_at: null, bank_reminders: 0 })
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', orderId)
      .execute()
    for (const { receiptId } of order.extras) await returnByTransfer(ctx, tx, { issuerId, receiptId })
    await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_account_noted', locale })
    await ctx.jobs.look(tx, 'order', { issuerId, id: orderId })
  })
}

/** Mails the link once more. Throws Refusal order/no_transfer_waits, order/person_gone, holder/too_often. */
export async function mailAccountLink(ctx: Context, order: OrderView, client: string): Promise<void> {
  const { issuerId, orderId } = order
  if (moneyThatWaits(order).length === 0) throw new Refusal('order/no_transfer_waits')
  if ([order.transfer, ...order.extras].some((money) => money?.account === 'gone'))
    throw new Refusal('order/person_gone')
  await countTry(ctx, issuerId, [
    { limit: 'account_link_per_order', who: orderId },
    { limit: 'code_per_client', who: client },
  ])
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const { locale } = await accountPlace(ctx, tx, order)
    await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_wants_account', locale })
  })
}

/** The buyer's language, and the vault item that holds the account: the one that was, or a new one. */
async function accountPlace(ctx: Context, tx: Tx, { issuerId, orderId }: OrderView) {
  const row = await tx
    .selectFrom('purchase_order')
    .select(['locale', 'bank_item_id'])
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', orderId)
    .executeTakeFirstOrThrow()
  return { locale: row.locale as 'zh-CN' | 'en', itemId: row.bank_item_id ?? ctx.ids.next() }
}
