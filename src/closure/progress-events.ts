import { streamSSE } from 'hono/streaming'
import type { Context } from '../platform/context.ts'
import type { PortalContext } from '../web/routing.ts'
import type { ClosureView } from './closure-view.ts'
import { isOver, stampOf } from './pages/progress-page.tsx'
import { readClosure } from './read-closure.ts'
import type { Watch } from './watch.ts'

// Often enough that no gateway between takes the connection for dead.
const heartbeat_seconds = 20

/**
 * Tells a progress page that there is something new (server-sent events): only that, as a stamp of what is shown;
 * the page itself is asked for as always. Ends when the closure does.
 */
export function streamProgress(ctx: Context, c: PortalContext, watch: Watch, first: ClosureView): Response {
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, async (stream) => {
    let wake: () => void = () => undefined
    let news = true
    const stopWatching = watch.on(first.closureId, () => {
      news = true
      wake()
    })
    stream.onAbort(() => wake())
    try {
      for (let told = ''; !stream.aborted && !stream.closed;) {
        const view = news ? await readClosure(ctx, first) : undefined
        news = false
        if (!view) await stream.write(': still here\n\n')
        else if (stampOf(view) !== told) {
          told = stampOf(view)
          await stream.writeSSE({ event: isOver(view) ? 'end' : 'change', data: told })
          if (isOver(view)) return
        }
        if (!news) await sleepUnlessWoken(heartbeat_seconds, (arm) => (wake = arm))
      }
    } finally {
      stopWatching()
    }
  })
}

function sleepUnlessWoken(seconds: number, arm: (wake: () => void) => void): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, seconds * 1000)
    timer.unref()
    arm(() => {
      clearTimeout(timer)
      done()
    })
  })
}
