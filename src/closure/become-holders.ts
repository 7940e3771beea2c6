import { findIssuer } from '../issuer/issuer.ts'
import type { Tx } from '../platform/db.ts'
import { deadlines } from '../policy/clocks.ts'
import { countedIn } from '../policy/counted-in.ts'
import { policyByVersion } from '../policy/policy.ts'
import { type ClosureRow, readCaseCards } from './case.ts'
import type { Act } from './closure-view.ts'
import { readHoldersLaw } from './holders-law.ts'
import { markCardsClosing } from './mark-closing.ts'

/**
 * A declaration made without signing in is the holder's from here on: the cards are marked, and the law of the
 * holder's residence, as it was pinned at the declaration, takes the place of the issuer's, with the sooner deadline
 * of the two.
 */
export async function becomeHolders(tx: Tx, closure: ClosureRow): Promise<void> {
  const { issuer_id: issuerId, closure_id: closureId } = closure
  const cardIds = (await readCaseCards(tx, issuerId, closureId)).map((card) => card.cardId)
  await markCardsClosing(tx, issuerId, cardIds)
  const { jurisdiction, policy, money_rules } = await lawOf(tx, closure, cardIds)
  const [first] = deadlines(countedIn(policy, closure.zone), closure.act as Act, closure.declared_at)
  const due_at = first && first.dueAt < closure.due_at ? first.dueAt : closure.due_at
  await tx
    .updateTable('closure')
    .set({ jurisdiction, policy_version: policy.version, due_at, money_rules: JSON.stringify(money_rules) })
    .where('issuer_id', '=', issuerId)
    .where('closure_id', '=', closureId)
    .execute()
}

/** Pinned at the declaration; what was declared before it was pinned is under the law of where the account lives now. */
async function lawOf(tx: Tx, closure: ClosureRow, cardIds: string[]) {
  const { holder_jurisdiction: jurisdiction, holder_policy_version: version, money_rules } = closure
  if (jurisdiction && version) return { jurisdiction, policy: policyByVersion(version), money_rules }
  const { issuer_id: issuerId, account_id: accountId, act, declared_at: at } = closure
  const issuer = await findIssuer(tx, issuerId)
  const { rules, ...law } = await readHoldersLaw(tx, issuer, { issuerId, accountId, cardIds, act, at })
  return { ...law, money_rules: rules }
}
