import { findIssuer } from '../issuer/issuer.ts'
import { partOf, partsOfK } from '../payout/parts.ts'
import { replacePart } from '../payout/replace-part.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { policyByVersion } from '../policy/policy.ts'
import { isHolderErased } from '../privacy/vault.ts'
import { chargedBackSince } from '../payout/charged-back-since.ts'
import { rulesOfMoney } from './money-told.ts'

/**
 * The holder asks for what was kept, too little to be sent by itself or without an account in time: it is sent after all,
 * also when the closure has long ended. Who is erased asks support: nobody could be told of it, and no account be kept.
 * Throws Refusal closure/no_such_closure, closure/already_undone, payout/nothing_kept, payout/person_gone, and
 * payout/ask_support where the payer's bank has taken back since what the card was paid with.
 */
export async function claimKept(ctx: Context, input: { issuerId: string; closureId: string }): Promise<void> {
  const { issuerId, closureId } = input
  await inIssuer(ctx.db, issuerId, async (tx) => {
    const issuer = await findIssuer(tx, issuerId)
    const closure = await tx
      .selectFrom('closure')
      .selectAll()
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!issuer || !closure) throw new Refusal('closure/no_such_closure')
    if (closure.state === 'undone') throw new Refusal('closure/already_undone')
    const kept = await readKept(tx, input)
    if (kept.length === 0) throw new Refusal('payout/nothing_kept')
    if (await isErased(tx, issuerId, closure.account_id)) throw new Refusal('payout/person_gone')
    const cardIds = kept.map(({ cardId }) => cardId)
    if ((await chargedBackSince(tx, { issuerId, closureId, cardIds })).size > 0)
      throw new Refusal('payout/ask_support')
    const rules = rulesOfMoney({ closure, issuer, policy: policyByVersion(closure.policy_version) })
    for (const { parts, waiting } of kept)
      for (const part of waiting)
        await replacePart(ctx, tx, { issuerId, closureId, rules, parts, part, refusal: 'claimed' })
    // A worker that has the closure in hand does not know the new parts.
    await tx
      .updateTable('closure')
      .set((e) => ({ version: e('version', '+', 1n) }))
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .execute()
    await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
  })
}

/** The cards with something kept: all their parts, and those that wait for their holder. */
async function readKept(tx: Tx, { issuerId, closureId }: { issuerId: string; closureId: string }) {
  const cards = await tx
    .selectFrom('closure_card as k')
    .select(['k.card_id', partsOfK.as('parts')])
    .where('k.issuer_id', '=', issuerId)
    .where('k.closure_id', '=', closureId)
    .execute()
  return cards.flatMap((card) => {
    const parts = card.parts.map(partOf)
    const waiting = parts.filter(({ route, state }) => route === 'kept' && state === 'waiting')
    return waiting.length > 0 ? [{ cardId: card.card_id, parts, waiting }] : []
  })
}

async function isErased(tx: Tx, issuerId: string, accountId: string): Promise<boolean> {
  const { holder_id: holderId } = await tx
    .selectFrom('account')
    .select('holder_id')
    .where('issuer_id', '=', issuerId)
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow()
  return isHolderErased(tx, { issuerId, holderId })
}
