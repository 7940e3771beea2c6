import type { Context } from '../../platform/context.ts'
import type { Tx } from '../../platform/db.ts'
import { type Case, noteClosure } from '../case.ts'

/** Named once: when money was first on its way, the line first on its way out, or the person erased. */
export async function noReturn(ctx: Context, tx: Tx, told: Case): Promise<void> {
  // Asked of the row, for what memory says may have been rolled back with another card's transaction.
  const { no_return_at } = await tx
    .selectFrom('closure')
    .select('no_return_at')
    .where('issuer_id', '=', told.closure.issuer_id)
    .where('closure_id', '=', told.closure.closure_id)
    .executeTakeFirstOrThrow()
  if (no_return_at) return
  await noteClosure(tx, told, { no_return_at: ctx.clock.now() })
}
