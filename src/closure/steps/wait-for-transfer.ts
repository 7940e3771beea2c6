import { hasBankDetails } from '../../payout/bank-details.ts'
import type { PayoutPart } from '../../payout/parts.ts'
import { settleTransfer } from '../../payout/transfers.ts'
import { queueNotice } from '../../notice/queue-notice.ts'
import { isHolderErased } from '../../privacy/vault.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { last_reminder_after_days } from '../../payout/ask-for-account.ts'
import { accountWantedUntil } from '../../policy/clocks.ts'
import { type Case, noteClosure } from '../case.ts'
import { chargedBackSince } from '../../payout/charged-back-since.ts'
import type { Block } from '../step.ts'

/**
 * A transfer goes its way beside the story: the holder names an account, `leb payout file` takes it to the bank, the
 * bank's statement (or `leb paid`) says that it is done. Here is only told how far it has come, and whose turn it is.
 */
export async function waitForTransfer(ctx: Context, tx: Tx, told: Case, part: PayoutPart) {
  if (part.state === 'paid') return { skip: { route: 'bank_transfer', reference: part.reference } }
  const { issuerId } = told.issuer
  if (part.state === 'waiting' && part.reference) {
    // Noted by staff before parts were rows of their own (migration 0014), and not booked yet.
    const { reference, partId, amount, currency } = part
    const closureId = told.closure.closure_id
    await settleTransfer(ctx, tx, { issuerId, part: { partId, closureId, amount, currency }, reference })
    return { skip: { route: 'bank_transfer', reference } }
  }
  const place = { issuerId, closureId: told.closure.closure_id, holderId: told.holderId }
  const block = await whoseTurn(tx, place, part)
  // What was awaited before is not awaited any more.
  if (told.blocked)
    await tx
      .updateTable('closure_block')
      .set({ cleared_at: ctx.clock.now() })
      .where('issuer_id', '=', place.issuerId)
      .where('closure_id', '=', place.closureId)
      .where('scope_id', '=', part.partId)
      .where((e) => e.or([e('reason', '<>', block.reason), e('owner', '<>', block.owner)]))
      .where('cleared_at', 'is', null)
      .execute()
  if (block.reason === 'bank_details_needed' && block.owner === 'holder') await askOnce(ctx, tx, told)
  return { block }
}

async function whoseTurn(
  tx: Tx,
  place: { issuerId: string; closureId: string; holderId: string },
  part: PayoutPart,
): Promise<Block> {
  if (part.state === 'sent') return { reason: 'transfer_under_way', owner: 'provider' }
  // Its payer may have the money by now: whether it is owed once more is for a person to say.
  const { issuerId, closureId } = place
  const taken = await chargedBackSince(tx, { issuerId, closureId, cardIds: [part.cardId] })
  if (taken.size > 0) return { reason: 'payout_charged_back', owner: 'staff' }
  if (await hasBankDetails(tx, place)) return { reason: 'transfer_to_send', owner: 'staff' }
  // Claimed, or come back, after the person was erased: nobody can be asked, and no account be kept.
  const owner = (await isHolderErased(tx, place)) ? 'staff' : 'holder'
  return { reason: 'bank_details_needed', owner }
}

/** One mail asks for all transfers of the closure; another one only after a transfer has come back. */
async function askOnce(ctx: Context, tx: Tx, told: Case): Promise<void> {
  const { issuerId } = told.issuer
  const asked = await tx
    .selectFrom('closure_block')
    .select('block_id')
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', told.closure.closure_id)
    .where('reason', '=', 'bank_details_needed')
    .where('cleared_at', 'is', null)
    .executeTakeFirst()
  if (asked) return
  const now = ctx.clock.now()
  const lastReminderAt = new Date(now.getTime() + last_reminder_after_days * 86_400_000)
  await noteClosure(tx, told, {
    bank_asked_at: now,
    bank_reminders: 0,
    bank_told_at: null,
    account_wanted_until: accountWantedUntil(told.policy, {
      declaredAt: told.closure.declared_at,
      lastReminderAt,
    }),
  })
  await queueNotice(ctx, tx, {
    issuerId,
    closureId: told.closure.closure_id,
    kind: 'bank_details',
    locale: told.closure.locale as 'zh-CN' | 'en',
  })
}
