import { partOf, partsOfK } from '../payout/parts.ts'
import { replacePart } from '../payout/replace-part.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { findIssuer } from '../issuer/issuer.ts'
import { policyByVersion } from '../policy/policy.ts'
import { rulesOfMoney } from './money-told.ts'

/**
 * The holder asks for what was kept, too little to be sent by itself or without an account in time: it is sent after all,
 * also when the closure has long ended. Throws Refusal closure/no_such_closure, closure/already_undone, payout/nothing_kept.
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
    const cards = await tx
      .selectFrom('closure_card as k')
      .select(partsOfK.as('parts'))
      .where('k.issuer_id', '=', issuerId)
      .where('k.closure_id', '=', closureId)
      .execute()
    const rules = rulesOfMoney({ closure, issuer, policy: policyByVersion(closure.policy_version) })
    let claimed = 0
    for (const card of cards) {
      const parts = card.parts.map(partOf)
      for (const part of parts.filter(({ route, state }) => route === 'kept' && state === 'waiting')) {
        await replacePart(ctx, tx, { issuerId, closureId, rules, parts, part, refusal: 'claimed' })
        claimed++
      }
    }
    if (claimed === 0) throw new Refusal('payout/nothing_kept')
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
