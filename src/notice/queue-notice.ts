import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

export type OrderNoticeKind = 'order_placed' | 'order_delivered' | 'order_refunded'
/** Where a transfer shall go is asked, or was said: whoever said it, the holder hears of it. */
export type PayoutNoticeKind = 'bank_details' | 'bank_details_noted'
/** Something lapses soon, or has (src/expiry/). */
export type ExpiryNoticeKind = 'expiry_soon' | 'expiry_over'
export type NoticeKind =
  | 'sign_in_code'
  | 'identify_code'
  | 'slip'
  | 'undone'
  | 'lapsed'
  | 'late'
  | 'late_support'
  | 'payments_support'
  | PayoutNoticeKind
  | OrderNoticeKind
  | ExpiryNoticeKind

export type NewNotice = {
  issuerId: string
  kind: NoticeKind
  closureId?: string
  orderId?: string
  codeId?: string
  locale: 'zh-CN' | 'en'
}

/** Queues a mail in the transaction that makes it due. What it says, and to whom, is found when it is sent. */
export async function queueNotice(ctx: Context, tx: Tx, notice: NewNotice): Promise<{ noticeId: string }> {
  const noticeId = ctx.ids.next()
  await tx
    .insertInto('notice')
    .values({
      issuer_id: notice.issuerId,
      notice_id: noticeId,
      kind: notice.kind,
      closure_id: notice.closureId ?? null,
      order_id: notice.orderId ?? null,
      code_id: notice.codeId ?? null,
      locale: notice.locale,
      created_at: ctx.clock.now(),
    })
    .execute()
  await ctx.jobs.look(tx, 'notice', { issuerId: notice.issuerId, id: noticeId })
  return { noticeId }
}
