import { Pause, Superseded } from '../closure/step.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import type { Leases } from '../platform/leases.ts'
import { fulfil, giveBack } from './fulfil.ts'
import { isGivenUp } from './held-up.ts'
import { takeUpOrder } from './order-case.ts'
import { lastOf } from './order-journal.ts'
import { tellOrderStory } from './order-story.ts'
import { TurnsBack } from './order-step.ts'
import { reckonAnew } from './steps/refund.ts'

// Another worker has it: by then it has either finished or left a look of its own.
const look_again_seconds = 1

/**
 * One look of a worker at one order: tells it until it is delivered, given back, or must wait, and queues the next
 * look where time alone brings it on. Any error leaves the journal as it stands and the job to be tried again.
 */
export async function lookAtOrder(ctx: Context, leases: Leases, look: Look): Promise<void> {
  const release = await leases.take(`${look.issuerId}/${look.id}`)
  if (!release) return lookAgain(ctx, look, new Date(ctx.clock.now().getTime() + look_again_seconds * 1000))
  try {
    const told = await takeUpOrder(ctx, look.issuerId, look.id)
    if (!told) return
    const story = tellOrderStory(ctx, told)
    if (told.order.state === 'refunding' && lastOf(told.journal, 'refund')?.state === 'done')
      await reckonAnew(ctx, told)
    if (told.order.state !== 'paid') return await giveBack(story)
    try {
      await fulfil(story)
    } catch (error) {
      if (!(error instanceof TurnsBack) && !(await isGivenUp(ctx, told, error))) throw error
      await giveBack(story)
    }
  } catch (error) {
    if (error instanceof Superseded) return await lookAgain(ctx, look, ctx.clock.now())
    if (!(error instanceof Pause)) throw error
    if (error.until) await lookAgain(ctx, look, error.until)
  } finally {
    await release()
  }
}

function lookAgain(ctx: Context, look: Look, at: Date): Promise<void> {
  return inIssuer(ctx.db, look.issuerId, (tx) => ctx.jobs.look(tx, 'order', look, at))
}
