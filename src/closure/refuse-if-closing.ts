import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'

/**
 * A card is in one closure at a time by an index; an account that has no card left is locked and looked at. Throws
 * Refusal closure/already_closed, already_closing.
 */
export async function refuseIfClosing(
  tx: Tx,
  { issuerId, accountId }: { issuerId: string; accountId: string },
): Promise<void> {
  const account = await tx
    .selectFrom('account')
    .select('state')
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (account?.state === 'closed') throw new Refusal('closure/already_closed')
  const standing = await tx
    .selectFrom('closure')
    .select('number')
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .where('covers', '=', 'account')
    .where('state', 'in', ['declared', 'identified', 'closing'])
    .executeTakeFirst()
  if (standing) throw new Refusal('closure/already_closing', { number: standing.number })
}
