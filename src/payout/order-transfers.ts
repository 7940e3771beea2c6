import { sql } from 'kysely'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { forgetOrderAccount } from './bank-details.ts'

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

/**
 * The bank sent a transfer of an order back, and a new part stands for it: the account it bounced off is forgotten, and
 * the buyer is asked for another one, also when the order had been told as given back. A worker that has it in hand as
 * it was is stopped.
 */
export async function orderTransferReturned(ctx: Context, tx: Tx, of: OfOrder): Promise<void> {
  const { issuerId, orderId } = of
  const { rows } = await sql<{ locale: 'zh-CN' | 'en' }>`
    with gone as (
      delete from vault_item v using purchase_order o
       where o.issuer_id = ${issuerId} and o.order_id = ${orderId}
         and v.issuer_id = o.issuer_id and v.item_id = o.bank_item_id and v.kind = 'bank')
    update purchase_order
       set state = 'refunding', refunded_at = null, transfer_told_at = null, version = version + 1
     where issuer_id = ${issuerId} and order_id = ${orderId}
    returning locale`.execute(tx)
  await queueNotice(ctx, tx, { ...of, kind: 'order_wants_account', locale: rows[0]!.locale })
  await ctx.jobs.look(tx, 'order', { issuerId, id: orderId })
}
