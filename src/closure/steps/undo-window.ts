import { noteClosure } from '../case.ts'
import type { LocalStep } from '../step.ts'

/** Time to think again, if the holder wanted it. After it the closing starts. */
export const undoWindow: LocalStep<null> = {
  kind: 'local',
  name: 'undo_window',
  async apply(ctx, tx, told) {
    const { start, undo_until } = told.closure
    if (start === 'after_undo_window' && undo_until && undo_until > ctx.clock.now())
      return { wait: { until: undo_until } }
    await noteClosure(tx, told, { state: 'closing' })
    return { done: { start } }
  },
}
