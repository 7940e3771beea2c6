import type { Context } from '../platform/context.ts'
import { beginInIssuer, inIssuer } from '../platform/db.ts'
import type { Look } from '../platform/jobs.ts'
import type { Leases } from '../platform/leases.ts'
import { clearFault, noteFault } from './blocks.ts'
import { takeUp } from './case.ts'
import { close, reopen } from './close.ts'
import { Pause, Superseded } from './step.ts'
import { tellStory } from './story.ts'
import { type Commits, Turn } from './turn.ts'

// Another worker has it: by then it has either finished or left a look of its own.
const look_again_seconds = 1

/**
 * One look of a worker at one closure: tells the story until it is at its end or must wait, and queues the next
 * look where time alone brings it on. Any error leaves the journal as it stands and the job to be tried again.
 */
export async function lookAtClosure(ctx: Context, leases: Leases, look: Look): Promise<void> {
  const release = await leases.take(`${look.issuerId}/${look.id}`)
  if (!release) return lookAgain(ctx, look, new Date(ctx.clock.now().getTime() + look_again_seconds * 1000))
  try {
    await tell(ctx, look, 'before_calls').catch((error: unknown) => {
      if (error instanceof Superseded) throw error
      // A step that fails has taken with it what was heard before it: told once more, each step is kept by itself.
      return tell(ctx, look, 'after_each_step')
    })
  } catch (error) {
    if (!(error instanceof Superseded)) {
      // Where the database itself is what failed, the log alone tells it.
      await noteFault(ctx, look).catch(() => undefined)
      throw error
    }
    await lookAgain(ctx, look, ctx.clock.now())
  } finally {
    await release()
  }
}

async function tell(ctx: Context, look: Look, commits: Commits): Promise<void> {
  const open = await beginInIssuer(ctx.db, look.issuerId)
  const told = await takeUp(ctx, open.tx, look.issuerId, look.id).catch(async (error: unknown) => {
    await open.rollback().catch(() => undefined)
    throw error
  })
  if (!told) return open.rollback()
  const turn = new Turn(ctx, told, commits, open)
  const story = tellStory(ctx, told, turn)
  try {
    if (told.closure.state === 'undone') await reopen(story)
    else await close(story)
    story.rest()
  } catch (error) {
    if (!(error instanceof Pause)) {
      await turn.drop()
      throw error
    }
    const { until } = error
    if (until) await turn.write((tx) => ctx.jobs.look(tx, 'closure', look, until))
  }
  if (told.blocked) await turn.write((tx) => clearFault(ctx, tx, told))
  await turn.commit()
}

function lookAgain(ctx: Context, look: Look, at: Date): Promise<void> {
  return inIssuer(ctx.db, look.issuerId, (tx) => ctx.jobs.look(tx, 'closure', look, at))
}
