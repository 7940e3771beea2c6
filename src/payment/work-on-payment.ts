import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import type { Leases } from '../platform/leases.ts'
import { lookAtPayment } from './look-at-payment.ts'

const look_again_seconds = 1

/**
 * One look of a worker at a payment, alone. While another worker has it, it waits its turn: that one may have asked the
 * provider before what this look was queued for had happened.
 */
export async function workOnPayment(ctx: Context, leases: Leases, look: Look): Promise<void> {
  const release = await leases.take(`${look.issuerId}/${look.id}`)
  if (release) return lookAtPayment(ctx, look).finally(release)
  const at = new Date(ctx.clock.now().getTime() + look_again_seconds * 1_000)
  await inIssuer(ctx.db, look.issuerId, (tx) => ctx.jobs.look(tx, 'payment', look, at))
}
