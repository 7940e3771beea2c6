import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

/** `order_wants_account`: its money can't go back the way it came, and the buyer has to say where to; `_noted`: they did.
 * `order_account_reminder`: they did not. `order_extra_paid`: what came besides is back. */
export type OrderNoticeKind =
  | 'order_placed'
  | 'order_held_up'
  | 'order_delivered'
  | 'order_refunded'
  | 'order_wants_account'
  | 'order_account_reminder'
  | 'order_account_noted'
  | 'order_extra_paid'
/** Where a transfer shall go is asked, asked once more, or was said: whoever said it, the holder hears of it. */
export type PayoutNoticeKind = 'bank_details' | 'bank_details_reminder' | 'bank_details_noted'
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
  | 'code_wanted'
  | 'code_wanted_support'
  | 'taken_back'
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

/** Queues mails in the transaction that makes them due. What they say, and to whom, is found when they are sent. */
export async function queueNotices(ctx: Context, tx: Tx, notices: NewNotice[]): Promise<void> {
  const made = notices.map((notice) => ({ ...notice, noticeId: ctx.ids.next() }))
  await tx
    .insertInto('notice')
    .values(
      made.map((notice) => ({
        issuer_id: notice.issuerId,
        notice_id: notice.noticeId,
        kind: notice.kind,
        closure_id: notice.closureId ?? null,
        order_id: notice.orderId ?? null,
        code_id: notice.codeId ?? null,
        locale: notice.locale,
        created_at: ctx.clock.now(),
      })),
    )
    .execute()
  const looks = made.map(({ issuerId, noticeId }) => ({ issuerId, id: noticeId }))
  await ctx.jobs.firstLooks(tx, 'notice', looks)
}

export const queueNotice = (ctx: Context, tx: Tx, notice: NewNotice): Promise<void> =>
  queueNotices(ctx, tx, [notice])
