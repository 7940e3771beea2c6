import { type OwnCard, readOwnCards } from '../card/own-cards.ts'
import { listAccounts } from '../holder/read-accounts.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'

/** What someone who is signed in wants closed: cards of one account, or one whole account. */
export type Choice = { accountId: string; cardIds: string[] | 'account' }
export type ChoiceFault = 'nothing' | 'both' | 'severalAccounts'
/** What the addresses and forms of the flow carry. Ids only; they open nothing without the session. */
export type Carried = { cards: string[]; whole: string | undefined }

/** The choice in values that came back from a browser, held against what this session owns. Or what is wrong. */
export async function readChoice(
  ctx: Context,
  who: { issuerId: string; holderIds: string[] },
  carried: Carried,
): Promise<Choice | ChoiceFault> {
  const { cards, whole } = carried
  if (whole && cards.length > 0) return 'both'
  if (whole) {
    const accounts = await inIssuer(ctx.db, who.issuerId, (tx) =>
      listAccounts(tx, who.issuerId, who.holderIds),
    )
    const own = accounts.find((account) => account.account_id === whole)
    if (!own) throw new Refusal('closure/no_such_card')
    return { accountId: own.account_id, cardIds: 'account' }
  }
  if (cards.length === 0) return 'nothing'
  const own = await readOwnCards(ctx, who.issuerId, who.holderIds)
  const chosen = [...new Set(cards)].map((id) => own.find((card) => card.cardId === id))
  if (!chosen.every((card): card is OwnCard => card !== undefined)) throw new Refusal('closure/no_such_card')
  const accountIds = new Set(chosen.map((card) => card.accountId))
  if (accountIds.size > 1) return 'severalAccounts'
  return { accountId: chosen[0]!.accountId, cardIds: chosen.map((card) => card.cardId) }
}

/** The choice as the flow carries it on. */
export function carry(choice: Choice): [string, string][] {
  return choice.cardIds === 'account'
    ? [['whole', choice.accountId]]
    : choice.cardIds.map((id): [string, string] => ['card', id])
}
