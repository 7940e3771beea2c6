import type { RawBuilder } from 'kysely'
import { listIssuers } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { errorFields } from '../platform/log.ts'
import { noteSweepFault } from './blocks.ts'

// A sweep's share of an issuer; what is over waits a minute.
const most_at_once = 200

type Which = { issuerId: string; closureId: string }
type Due = {
  /** A word for the log. */
  sweep: string
  /** Rows of `closure`; asked without a lock, so that `act` asks again under its own. */
  isDue: RawBuilder<boolean>
  first: 'bank_asked_at' | 'account_wanted_until'
}

/**
 * Does what is due to each closure, each in a transaction of its own: a worker that dies has done some, each once. One
 * that fails is told to the log and to staff and passed over, however many do, and is tried again in a minute.
 */
export async function eachDue(
  ctx: Context,
  { sweep, isDue, first }: Due,
  act: (tx: Tx, which: Which) => Promise<void>,
): Promise<void> {
  for (const { issuerId } of await listIssuers(ctx.db)) {
    const seen: string[] = []
    let left = most_at_once
    while (left > 0) {
      const due = await inIssuer(ctx.db, issuerId, (tx) =>
        tx
          .selectFrom('closure')
          .select('closure_id')
          .where('issuer_id', '=', issuerId)
          .where(isDue)
          .$if(seen.length > 0, (q) => q.where('closure_id', 'not in', seen))
          .orderBy(first)
          .limit(left)
          .execute(),
      )
      if (due.length === 0) break
      for (const { closure_id: closureId } of due) {
        seen.push(closureId)
        try {
          await inIssuer(ctx.db, issuerId, (tx) => act(tx, { issuerId, closureId }))
          left--
        } catch (error) {
          const where = { sweep, issuer: issuerId, closure: closureId }
          ctx.log.error('a sweep failed at a closure and tries again', { ...where, ...errorFields(error) })
          // Where the database itself is what failed, the log alone tells it.
          await noteSweepFault(ctx, { issuerId, closureId }).catch(() => undefined)
        }
      }
    }
  }
}
