import { sql } from 'kysely'
import { askForAccount } from '../payout/ask-for-account.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { lockReceipt, move, note } from './receipts.ts'

type Id = { issuerId: string; receiptId: string }

/**
 * Unmatched money that came by bank transfer, and whose account is known now, goes back: from here it is owed and a part
 * waits for the file; until here staff could match it. Nothing is done twice, nor while a transfer of it is open.
 */
export async function returnByTransfer(ctx: Context, tx: Tx, id: Id): Promise<void> {
  const receipt = await lockReceipt(tx, id)
  if (receipt?.provider !== 'bank') return
  const isFirst = receipt.state === 'waiting'
  if (!isFirst && !(receipt.state === 'refunding' && receipt.refusal !== null)) return
  if (isFirst)
    await move(ctx, tx, receipt, {
      key: `receipt:${id.receiptId}:owed`,
      from: 'unmatched_receipts',
      to: 'refunds_payable',
      reason: 'unmatched_returned',
    })
  await note(tx, id, { state: 'refunding', refusal: null, tries: receipt.tries + 1, told_at: null })
  await sql`
    insert into payout_part (issuer_id, part_id, receipt_id, ord, route, currency, amount_minor)
    values (${id.issuerId}, ${ctx.ids.next()}, ${id.receiptId}, ${receipt.tries + 1}, 'bank_transfer',
            ${receipt.currency}, ${receipt.amount.toString()}::bigint)`.execute(tx)
}

/** Before it is read what waits: staff may be matching it to another order at this moment. */
export async function lockReceiptsOf(tx: Tx, of: { issuerId: string; orderId: string }): Promise<void> {
  await sql`
    select 1 from unmatched_receipt
     where issuer_id = ${of.issuerId} and order_id = ${of.orderId} and state in ('waiting', 'refunding')
     order by receipt_id for update`.execute(tx)
}

/** The buyer of the order that it named is asked where to, if there is one whom a mail still reaches. */
export async function askWhereTo(
  ctx: Context,
  tx: Tx,
  of: { issuerId: string; orderId: string },
): Promise<void> {
  const { rows } = await sql`
    select 1 from purchase_order o join holder h using (issuer_id, holder_id)
     where o.issuer_id = ${of.issuerId} and o.order_id = ${of.orderId} and h.wrapped_key is not null`.execute(
    tx,
  )
  if (rows.length > 0) await askForAccount(ctx, tx, of)
}
