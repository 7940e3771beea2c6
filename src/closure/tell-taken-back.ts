import { queueNotices } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'

/**
 * A payer's bank took back a payment of these cards. Whose closing was completed before hears of it by mail: their last
 * mail and their certificate say otherwise, and nobody looks at a closed card's page again by himself. Of cards that are
 * still closing the mails to come tell what is paid. For the transaction that books it, which happens once.
 */
export async function tellTakenBack(
  ctx: Context,
  tx: Tx,
  { issuerId, cardIds }: { issuerId: string; cardIds: string[] },
): Promise<void> {
  if (cardIds.length === 0) return
  const closures = await tx
    .selectFrom('closure as o')
    .innerJoin('closure_card as k', (j) =>
      j.onRef('k.issuer_id', '=', 'o.issuer_id').onRef('k.closure_id', '=', 'o.closure_id'),
    )
    .select(['o.closure_id', 'o.locale'])
    .distinct()
    .where('k.issuer_id', '=', issuerId)
    .where('k.card_id', 'in', cardIds)
    .where('o.state', '=', 'closed')
    .execute()
  if (closures.length === 0) return
  await queueNotices(
    ctx,
    tx,
    closures.map((one) => ({
      issuerId,
      kind: 'taken_back',
      closureId: one.closure_id,
      locale: one.locale as 'zh-CN' | 'en',
    })),
  )
}
