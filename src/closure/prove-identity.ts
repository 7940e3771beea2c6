import { type CodeFault, issueCode, useCode } from '../holder/access-code.ts'
import { countTry } from '../holder/rate-limits.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { becomeHolders } from './become-holders.ts'
import type { ClosureView } from './closure-view.ts'
import type { ClosureRefusal } from './refusals.ts'

type Which = { issuerId: string; closureId: string }

/**
 * Sends a new code to the contact the account already had. Throws Refusal closure/no_such_closure,
 * closure/already_undone. Does nothing when the closure is identified already.
 */
export async function sendIdentifyCode(ctx: Context, which: Which): Promise<void> {
  await inIssuer(ctx.db, which.issuerId, async (tx) => {
    const closure = await tx
      .selectFrom('closure')
      .select(['state', 'locale'])
      .where('issuer_id', '=', which.issuerId)
      .where('closure_id', '=', which.closureId)
      .executeTakeFirst()
    if (!closure) throw new Refusal('closure/no_such_closure')
    if (closure.state === 'undone') throw new Refusal('closure/already_undone')
    if (closure.state !== 'declared') return
    const { codeId } = await issueCode(ctx, tx, { ...which, purpose: 'identify' })
    const locale = closure.locale as 'zh-CN' | 'en'
    await queueNotice(ctx, tx, { ...which, kind: 'identify_code', codeId, locale })
  })
}

/**
 * The same for whoever asks from outside: counted first, so that nobody can fill a holder's mailbox. What was
 * declared without signing in is counted by the card, so that a new declaration is no new allowance.
 * Throws Refusal holder/too_often besides.
 */
export async function askForNewCode(ctx: Context, view: ClosureView, client: string): Promise<void> {
  const unproved = view.identity === 'not_signed_in' ? view.cards : []
  // By the account, whose address it is: to undo and declare again is no new allowance.
  const address = view.accountRef ?? view.closureId
  await countTry(ctx, view.issuerId, [
    { limit: 'code_per_client', who: client },
    { limit: 'code_per_address', who: address },
    { limit: 'code_per_address_a_day', who: address },
    ...unproved.map(({ iccid }) => ({ limit: 'unproved_code_per_card' as const, who: iccid })),
  ])
  await sendIdentifyCode(ctx, view)
}

const refusalFor: Record<CodeFault, ClosureRefusal> = {
  wrong: 'closure/code_wrong',
  expired: 'closure/code_expired',
  used: 'closure/code_used',
  too_many: 'closure/code_too_many',
}

/**
 * The code is bound to this closure and good once; spending it and starting the closing are one transaction.
 * `by` is `declarer` when the code came with what the receipt gave out, not with a session.
 * Throws Refusal closure/no_such_closure, already_undone, code_wrong, code_expired, code_used, code_too_many.
 */
export async function proveIdentity(
  ctx: Context,
  input: Which & { code: string; by?: 'declarer' | 'account' },
): Promise<void> {
  const { issuerId, closureId, by = 'account' } = input
  const outcome = await useCode(ctx, { ...input, purpose: 'identify' }, async (tx) => {
    const done = await tx
      .updateTable('closure')
      .set({ state: 'identified', identified_at: ctx.clock.now(), proved_by: by })
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('state', '=', 'declared')
      .returningAll()
      .executeTakeFirst()
    if (!done) return false
    if (done.identity === 'not_signed_in') await becomeHolders(tx, done)
    await ctx.jobs.look(tx, 'closure', { issuerId, id: closureId })
    return true
  })
  if (outcome === 'ok') return
  const state = await stateOf(ctx, input)
  if (!state) throw new Refusal('closure/no_such_closure')
  if (state === 'undone') throw new Refusal('closure/already_undone')
  throw new Refusal(refusalFor[outcome])
}

async function stateOf(ctx: Context, which: Which): Promise<string | undefined> {
  const row = await inIssuer(ctx.db, which.issuerId, (tx) =>
    tx
      .selectFrom('closure')
      .select('state')
      .where('issuer_id', '=', which.issuerId)
      .where('closure_id', '=', which.closureId)
      .executeTakeFirst(),
  )
  return row?.state
}
