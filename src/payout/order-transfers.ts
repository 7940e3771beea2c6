import { sql } from 'kysely'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { askForAccount } from './ask-for-account.ts'
import { forgetOrderAccount, forgetReturnedAccount, hasOrderAccount } from './bank-details.ts'

type OfOrder = { issuerId: string; orderId: string }

export async function lockOrder(tx: Tx, of: OfOrder): Promise<void> {
  await sql`
    select 1 from purchase_order where issuer_id = ${of.issuerId} and order_id = ${of.orderId}
       for no key update`.execute(tx)
}

/** Whoever changes a part of an order locks the order before it, as a worker and `leb payout file` do. */
export async function lockOrderOfPart(tx: Tx, part: { issuerId: string; partId: string }): Promise<void> {
  await sql`
    select 1 from purchase_order o
     where o.issuer_id = ${part.issuerId}
       and o.order_id = (select coalesce(p.order_id, r.order_id) from payout_part p
                          left join unmatched_receipt r on r.issuer_id = p.issuer_id and r.receipt_id = p.receipt_id
                          where p.issuer_id = ${part.issuerId} and p.part_id = ${part.partId})
       for no key update`.execute(tx)
}

/**
 * A transfer of an order is done: nobody needs the account any more, and the order's story goes on. One whose story was
 * at its end when money came back (the bank returned it, or a refund by hand failed) ends again here, with its mail.
 */
export async function orderTransferPaid(ctx: Context, tx: Tx, of: OfOrder): Promise<void> {
  const { issuerId, orderId } = of
  await forgetOrderAccount(tx, of)
  const { rows } = await sql<{ locale: 'zh-CN' | 'en' }>`
    update purchase_order o set state = 'refunded', refunded_at = ${ctx.clock.now()}
     where o.issuer_id = ${issuerId} and o.order_id = ${orderId} and o.state = 'refunding'
       and exists (select 1 from order_step s where s.issuer_id = o.issuer_id and s.order_id = o.order_id
                      and s.step = 'tell_refund' and s.state = 'done')
       and not exists (select 1 from payout_part p where p.issuer_id = o.issuer_id and p.order_id = o.order_id
                          and p.state in ('waiting', 'sent'))
    returning o.locale`.execute(tx)
  const again = rows[0]
  if (!again) return ctx.jobs.look(tx, 'order', { issuerId, id: orderId })
  await queueNotice(ctx, tx, { ...of, kind: 'order_refunded', locale: again.locale })
}

/** Whether a transfer of an order waits or is with the bank: then it is not given back yet. */
export async function hasOpenTransfer(tx: Tx, { issuerId, orderId }: OfOrder): Promise<boolean> {
  const { rows } = await sql`
    select 1 from payout_part
     where issuer_id = ${issuerId} and order_id = ${orderId} and route = 'bank_transfer'
       and state in ('waiting', 'sent') limit 1`.execute(tx)
  return rows.length > 0
}

/**
 * The bank sent a transfer of an order back, and a new part stands for it: the account it bounced off is forgotten, and
 * the buyer is asked for another one, also when the order had been told as given back. A worker that has it in hand as
 * it was is stopped.
 */
export async function orderTransferReturned(
  ctx: Context,
  tx: Tx,
  of: OfOrder & { namingId: string | null },
): Promise<void> {
  const { issuerId, orderId } = of
  await sql`
    update purchase_order
       set state = 'refunding', refunded_at = null, transfer_told_at = null, version = version + 1
     where issuer_id = ${issuerId} and order_id = ${orderId}`.execute(tx)
  await joinWaiting(tx, of)
  await forgetReturnedAccount(tx, of)
  await askOrNote(ctx, tx, of)
  await ctx.jobs.look(tx, 'order', { issuerId, id: orderId })
}

/**
 * After money came back: its buyer is asked for an account, or hears that it goes to the one that they have named since.
 */
export async function askOrNote(ctx: Context, tx: Tx, of: OfOrder): Promise<void> {
  if (!(await hasOrderAccount(tx, of))) return askForAccount(ctx, tx, of)
  const { issuerId, orderId } = of
  const { rows } = await sql<{ locale: 'zh-CN' | 'en' }>`
    select locale from purchase_order where issuer_id = ${issuerId} and order_id = ${orderId}`.execute(tx)
  await queueNotice(ctx, tx, { issuerId, orderId, kind: 'order_account_noted', locale: rows[0]!.locale })
}

/**
 * What waits of an order is one part, the newest, over all of it: only that one is shown, reckoned anew and asked for.
 * One that waited already, a share that a refund by hand had failed to bring, is part of it from here and stays as
 * evidence.
 */
async function joinWaiting(tx: Tx, { issuerId, orderId }: OfOrder): Promise<void> {
  await sql`
    with waiting as (
      select part_id, amount_minor, row_number() over (order by ord desc) > 1 as is_older from payout_part
       where issuer_id = ${issuerId} and order_id = ${orderId} and route = 'bank_transfer' and state = 'waiting')
    update payout_part p
       set state = case when w.is_older then 'refused' else p.state end,
           refusal = case when w.is_older then 'joined' end,
           amount_minor = case when w.is_older then p.amount_minor else (select sum(amount_minor) from waiting) end
      from waiting w
     where p.issuer_id = ${issuerId} and p.part_id = w.part_id and (select count(*) from waiting) > 1`.execute(
    tx,
  )
}
