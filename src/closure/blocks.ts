import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
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
  await tx
    .insertInto('closure_block')
    .values({
      issuer_id: told.closure.issuer_id,
      closure_id: told.closure.closure_id,
      block_id: ctx.ids.next(),
      reason: block.reason,
      owner: block.owner,
      scope_id: scopeId,
      opened_at: ctx.clock.now(),
    })
    .onConflict((c) =>
      c
        .columns(['issuer_id', 'closure_id', 'reason', 'scope_id'])
        .where('cleared_at', 'is', null)
        .doNothing(),
    )
    .execute()
  told.blocked = true
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
