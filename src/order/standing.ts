import type { Issuer } from '../issuer/issuer.ts'
import type { Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { accountOf, type Buyer } from './buyer.ts'
import { targetCard, type Wanted } from './quote.ts'

/** On whose behalf an order stands. A guest has neither account nor holder yet. */
export type Standing = { accountId: string | null; holderId: string | null; jurisdiction: string }

/**
 * Who an order is for, and whose law holds. Throws Refusal holder/sign_in_needed (a card of theirs needs them),
 * closure/no_such_card (also for a foreign one), order/account_closing.
 */
export async function standingOf(
  tx: Tx,
  input: { issuer: Issuer; wanted: Wanted; buyer: Buyer },
): Promise<Standing> {
  const { issuer, wanted, buyer } = input
  const { issuerId } = issuer
  if (wanted.kind !== 'card') {
    if (buyer.kind === 'guest') throw new Refusal('holder/sign_in_needed')
    const card = await targetCard(tx, issuerId, wanted.cardId)
    if (!buyer.holderIds.includes(card.holderId)) throw new Refusal('closure/no_such_card')
    const own = await accountOf(tx, issuerId, { ...buyer, accountId: card.accountId })
    if (!own) throw new Refusal('closure/no_such_card')
    return own
  }
  if (buyer.kind === 'guest') return { accountId: null, holderId: null, jurisdiction: buyer.live }
  const account = await accountOf(tx, issuerId, buyer)
  if (!account) throw new Refusal('holder/sign_in_needed')
  if (account.state !== 'open') throw new Refusal('order/account_closing')
  return account
}
