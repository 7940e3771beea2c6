import { type CodeFault, issueCode, useCode } from '../holder/access-code.ts'
import { queueNotice } from '../notice/queue-notice.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
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

const refusalFor: Record<CodeFault, ClosureRefusal> = {
  wrong: 'closure/code_wrong',
  expired: 'closure/code_expired',
  used: 'closure/code_used',
  too_many: 'closure/code_too_many',
}

/**
 * The code is bound to this closure and good once; spending it and starting the closing are one transaction.
 * Throws Refusal closure/no_such_closure, already_undone, code_wrong, code_expired, code_used, code_too_many.
 */
export async function proveIdentity(ctx: Context, input: Which & { code: string }): Promise<void> {
  const { issuerId, closureId } = input
  const outcome = await useCode(ctx, { ...input, purpose: 'identify' }, async (tx) => {
    const done = await tx
      .updateTable('closure')
      .set({ state: 'identified', identified_at: ctx.clock.now() })
      .where('issuer_id', '=', issuerId)
      .where('closure_id', '=', closureId)
      .where('state', '=', 'declared')
      .executeTakeFirst()
    if (done.numUpdatedRows === 0n) return false
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
