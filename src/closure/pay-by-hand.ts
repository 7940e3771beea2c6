import { burnPayoutFile } from '../payout/file-envelope.ts'
import type { PayoutPart } from '../payout/parts.ts'
import { settleTransfer } from '../payout/transfers.ts'
import { newParts, writeParts } from '../payout/write-settlement.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

/** What became of a transfer that stands in a file: the bank carried it out, or it was paid beside the file. */
export type FilePaid = 'carried_out' | 'paid_outside'

type ByHand = {
  issuerId: string
  closureId: string
  part: PayoutPart
  reference: string
  file?: FilePaid | undefined
}

/**
 * A transfer is settled as it is. What was to go another way is given up for a transfer that is settled; so is one that
 * was paid outside of the file that it stands in: should the bank carry that out as well, its statement finds nothing
 * that waits for it and is laid before a person (payout/transfers.ts). The closure is locked by the caller.
 */
export async function payByHand(ctx: Context, tx: Tx, at: ByHand): Promise<void> {
  const { issuerId, closureId, reference } = at
  const part = await tx
    .selectFrom('payout_part')
    .selectAll()
    .where('issuer_id', '=', issuerId)
    .where('part_id', '=', at.part.partId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
  const { amount_minor: amount, currency, file_id: fileId } = part
  let { part_id: partId } = part
  const isOutside = part.state === 'sent' && at.file === 'paid_outside'
  if (part.route !== 'bank_transfer' || isOutside) {
    partId = ctx.ids.next()
    await tx
      .updateTable('payout_part')
      .set({ state: 'refused', refusal: 'paid_by_hand' })
      .where('issuer_id', '=', issuerId)
      .where('part_id', '=', at.part.partId)
      .execute()
    if (fileId) await burnPayoutFile(ctx, tx, { issuerId, fileId })
    const last = await tx
      .selectFrom('payout_part')
      .select((e) => e.fn.max('ord').as('ord'))
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('card_id', '=', part.card_id)
      .executeTakeFirstOrThrow()
    const planned = [{ route: 'bank_transfer' as const, paymentId: null, amount }]
    const place = { cardId: part.card_id!, currency, after: last.ord ?? 0, refOf: () => null }
    const [made] = newParts(ctx, place, planned)
    await writeParts(tx, { issuerId, closureId }, [{ ...made!, partId }])
  }
  await settleTransfer(ctx, tx, { issuerId, part: { partId, closureId, amount, currency }, reference })
}
