import { hasBankDetails } from '../../payout/bank-details.ts'
import type { PayoutPart } from '../../payout/parts.ts'
import { settleTransfer } from '../../payout/transfers.ts'
import { isHolderErased } from '../../privacy/vault.ts'
import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { askHolder, isReminderDue } from '../ask-holder.ts'
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
  if (block.reason === 'bank_details_needed' && block.owner === 'holder') await askOnce(ctx, tx, told, part)
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

/**
 * One mail asks for all transfers of the closure. Another one only for what comes up when its reminders have begun, a
 * refund that was refused late, a transfer that came back: nothing is kept that its holder was not asked for, and
 * reminded of twice.
 */
async function askOnce(ctx: Context, tx: Tx, told: Case, part: PayoutPart): Promise<void> {
  const { issuerId } = told.issuer
  const { closure_id: closureId, declared_at: declaredAt, zone, locale } = told.closure
  const asked = await tx
    .selectFrom('closure_block')
    .select('scope_id')
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .where('reason', '=', 'bank_details_needed')
    .where('owner', '=', 'holder')
    .where('cleared_at', 'is', null)
    .execute()
  // The sweep that reminds may have been here since this worker took the closure up; the turn holds the row.
  const { bank_asked_at: askedAt } = await tx
    .selectFrom('closure')
    .select('bank_asked_at')
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .executeTakeFirstOrThrow()
  const isKnown = asked.some((block) => block.scope_id === part.partId)
  const isInTime = asked.length > 0 && !isReminderDue(askedAt, ctx.clock.now())
  if (askedAt !== null && (isKnown || isInTime)) return
  const facts = await askHolder(ctx, tx, {
    issuerId,
    closureId,
    policy: told.policy,
    declaredAt,
    zone,
    locale: locale as 'zh-CN' | 'en',
  })
  await noteClosure(tx, told, facts)
}
