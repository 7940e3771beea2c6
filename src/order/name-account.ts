import { countTry } from '../holder/rate-limits.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import { keepBankDetails } from '../payout/bank-details.ts'
import { checkBankAccount } from '../payout/check-bank-account.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { isAccountKey } from './order-token.ts'
import type { OrderView } from './read-order.ts'

/** Who wants to say where an order's money goes: whoever is signed in, or has the link that was mailed for it. */
export type AccountCaller = { holderIds: string[]; key: string | undefined }

/**
 * The transfer that this caller may name an account for, as its part's id. Seeing the order is not enough: its page's
 * address may lie in a mailbox for years, or have been forwarded with the QR code. Throws Refusal
 * order/no_transfer_waits, order/account_link_needed.
 */
export async function transferToName(ctx: Context, order: OrderView, by: AccountCaller): Promise<string> {
  const { transfer } = order
  if (order.state !== 'refunding' || transfer?.state !== 'waiting')
    throw new Refusal('order/no_transfer_waits')
  if (by.holderIds.includes(order.holderId)) return transfer.partId
  const { codeKey } = await ctx.keys.vault(order.issuerId)
  if (by.key === undefined || !isAccountKey({ codeKey }, transfer.partId, by.key))
    throw new Refusal('order/account_link_needed')
  return transfer.partId
}

/**
 * The buyer names the account that a transfer of an order goes to, or another one as long as it is not with the bank.
 * The address that ordered hears of it. Throws those of checkBankAccount, and Refusal order/no_transfer_waits,
 * order/person_gone.
 */
export async function nameOrderAccount(
  ctx: Context,
  input: { issuerId: string; orderId: string; partId: string; iban: string; name: string },
): Promise<void> {
  const details = checkBankAccount(input)
  const { issuerId, orderId, partId } = input
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const order = await lockOrder(tx, { issuerId, orderId })
    if (order?.state !== 'refunding' || !(await doesWait(tx, issuerId, partId)))
      throw new Refusal('order/no_transfer_waits')
    const itemId = order.bank_item_id ?? ctx.ids.next()
    const place = { issuerId, holderId: order.holder_id, itemId }
    if (!(await keepBankDetails(ctx, tx, place, details))) throw new Refusal('order/person_gone')
    await tx
      .updateTable('purchase_order')
      .set({ bank_item_id: itemId, transfer_told_at: null })
      .where('issuer_id', '=', issuerId)
      .where('order_id', '=', orderId)
      .execute()
    const locale = order.locale as 'zh-CN' | 'en'
    await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_account_noted', locale })
    await ctx.jobs.look(tx, 'order', { issuerId, id: orderId })
  })
}

/** Mails the link once more. Throws Refusal order/no_transfer_waits, order/person_gone, holder/too_often. */
export async function mailAccountLink(ctx: Context, order: OrderView, client: string): Promise<void> {
  const { issuerId, orderId } = order
  if (order.state !== 'refunding' || order.transfer?.state !== 'waiting')
    throw new Refusal('order/no_transfer_waits')
  if (order.transfer.account === 'gone') throw new Refusal('order/person_gone')
  await countTry(ctx, issuerId, [
    { limit: 'account_link_per_order', who: orderId },
    { limit: 'code_per_client', who: client },
  ])
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const locked = await lockOrder(tx, { issuerId, orderId })
    if (locked?.state !== 'refunding') throw new Refusal('order/no_transfer_waits')
    const locale = locked.locale as 'zh-CN' | 'en'
    await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_wants_account', locale })
  })
}

function lockOrder(tx: Tx, of: { issuerId: string; orderId: string }) {
  return tx
    .selectFrom('purchase_order')
    .select(['state', 'holder_id', 'locale', 'bank_item_id'])
    .where('issuer_id', '=', of.issuerId)
    .where('order_id', '=', of.orderId)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

async function doesWait(tx: Tx, issuerId: string, partId: string): Promise<boolean> {
  const part = await tx
    .selectFrom('payout_part')
    .select('part_id')
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', partId)
    .where('route', '=', 'bank_transfer')
    .where('state', '=', 'waiting')
    .executeTakeFirst()
  return part !== undefined
}
