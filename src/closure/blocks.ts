import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import type { Case } from './case.ts'
import type { Block } from './step.ts'

/** Notes why a closure does not go on and whose turn it is; once, however often it is met. */
export async function openBlock(
  ctx: Context,
  tx: Tx,
  told: Case,
  scopeId: string,
  block: Block,
): Promise<void> {
  const { issuer_id: issuerId, closure_id: closureId } = told.closure
  await insertBlock(ctx, tx, { issuerId, closureId, scopeId, block })
  told.blocked = true
}

type NewBlock = { issuerId: string; closureId: string; scopeId: string; block: Block }

async function insertBlock(ctx: Context, tx: Tx, made: NewBlock): Promise<void> {
  await tx
    .insertInto('closure_block')
    .values({
      issuer_id: made.issuerId,
      closure_id: made.closureId,
      block_id: ctx.ids.next(),
      reason: made.block.reason,
      owner: made.block.owner,
      scope_id: made.scopeId,
      opened_at: ctx.clock.now(),
    })
    .onConflict((c) =>
      c
        .columns(['issuer_id', 'closure_id', 'reason', 'scope_id'])
        .where('cleared_at', 'is', null)
        .doNothing(),
    )
    .execute()
}

// What comes up once is gone at the next look, a second later.
const told_after_failures = 2

/**
 * Looks at a closure fail again and again by a fault of ours, a setting that is missing or worse: staff see that it
 * stands still and since when, the log says why. The look that gets through again takes it away (clearFault).
 */
export async function noteFault(
  ctx: Context,
  { issuerId, id: closureId, failures = 0 }: Look,
): Promise<void> {
  if (failures < told_after_failures) return
  await noteSweepFault(ctx, { issuerId, closureId })
}

/** What is due by the clock can't be done to it (each-due.ts), by a fault of ours: told at once, for it comes up once a minute. */
export async function noteSweepFault(
  ctx: Context,
  { issuerId, closureId }: { issuerId: string; closureId: string },
): Promise<void> {
  const block = { reason: 'fault_of_ours', owner: 'staff' } as const
  await inIssuer(ctx.db, issuerId, (tx) =>
    insertBlock(ctx, tx, { issuerId, closureId, scopeId: closureId, block }),
  )
}

export async function clearFault(ctx: Context, tx: Tx, told: Case): Promise<void> {
  await tx
    .updateTable('closure_block')
    .set({ cleared_at: ctx.clock.now() })
    .where('issuer_id', '=', told.closure.issuer_id)
    .where('closure_id', '=', told.closure.closure_id)
    .where('reason', '=', 'fault_of_ours')
    .where('cleared_at', 'is', null)
    .execute()
}

/** True while this card (or the closure itself) waits for a person. */
export async function isBlocked(tx: Tx, told: Case, scopeId: string): Promise<boolean> {
  const row = await tx
    .selectFrom('closure_block')
    .select('block_id')
    .where('issuer_id', '=', told.closure.issuer_id)
    .where('closure_id', '=', told.closure.closure_id)
    .where('scope_id', '=', scopeId)
    .where('owner', '<>', 'provider')
    .where('cleared_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/** The way is free again for this card (or for the closure itself). */
export async function clearBlocks(ctx: Context, tx: Tx, told: Case, scopeId: string): Promise<void> {
  if (!told.blocked) return
  await tx
    .updateTable('closure_block')
    .set({ cleared_at: ctx.clock.now() })
    .where('issuer_id', '=', told.closure.issuer_id)
    .where('closure_id', '=', told.closure.closure_id)
    .where('scope_id', '=', scopeId)
    .where('cleared_at', 'is', null)
    .execute()
}
