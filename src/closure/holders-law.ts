import type { Issuer } from '../issuer/issuer.ts'
import type { Tx } from '../platform/db.ts'
import { type MoneyRules, moneyRules } from '../policy/money-rules.ts'
import { policyFor } from '../policy/policy.ts'
import type { Policy } from '../policy/policy-schema.ts'
import { isInTime, moneyOfWithdrawal, withdrawableUntil } from '../policy/withdrawal.ts'

/** What an act is judged by once it is known to be the holder's: the law of their residence, and its rules of money. */
export type HoldersLaw = { jurisdiction: string; policy: Policy; rules: MoneyRules }

/**
 * The law of the account's residence as of now, for an act that is declared at `at`. A withdrawal that comes in time is
 * settled as one; one that comes too late ends the contract as closing does.
 */
export async function readHoldersLaw(
  tx: Tx,
  issuer: Issuer | undefined,
  declared: { issuerId: string; accountId: string; cardIds: string[]; act: string; at: Date },
): Promise<HoldersLaw> {
  const { issuerId, accountId, cardIds, act, at } = declared
  const { jurisdiction } = await tx
    .selectFrom('account')
    .select('jurisdiction')
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  const policy = policyFor(jurisdiction, at)
  const ordinary = moneyRules(policy.money, issuer?.rules.money ?? {})
  if (act !== 'withdraw') return { jurisdiction, policy, rules: ordinary }
  const sold = await tx
    .selectFrom('card')
    .select('sold_at')
    .where('issuer_id', '=', issuerId)
    .where('card_id', 'in', cardIds)
    .execute()
  const inTime = sold.every(({ sold_at }) => isInTime(at, withdrawableUntil(policy, jurisdiction, sold_at)))
  return { jurisdiction, policy, rules: inTime ? moneyOfWithdrawal(ordinary) : ordinary }
}
