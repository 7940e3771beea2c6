import { streamSSE } from 'hono/streaming'
import type { Context } from '../platform/context.ts'
import type { PortalContext } from '../web/routing.ts'
import type { ClosureView } from './closure-view.ts'
import { openStream } from './open-streams.ts'
import { isOver, stampOf } from './pages/progress-page.tsx'
import { readClosure } from './read-closure.ts'
import type { Watch } from './watch.ts'

// Often enough that no gateway between takes the connection for dead.
const heartbeat_seconds = 20
// Then the browser asks again by itself, and whether it may see this is asked anew.
const stream_lives_heartbeats = 45
const ask_again_ms = 15_000

/**
 * Tells a progress page that there is something new (server-sent events): only that, as a stamp of what is shown;
 * the page itself is asked for as always. Ends when the closure does.
 */
export function streamProgress(ctx: Context, c: PortalContext, watch: Watch, first: ClosureView): Response {
  // Nobody would read the stream of a HEAD, and so nobody end it.
  if (c.req.method === 'HEAD') return c.body(null)
  c.header('X-Accel-Buffering', 'no')
  const leave = openStream(first.closureId)
  return streamSSE(c, async (stream) => {
    // Too many are open: this one is told how things stand, and comes back instead of staying.
    if (!leave) {
      const event = isOver(first) ? 'end' : 'change'
      return stream.writeSSE({ event, data: stampOf(first), retry: ask_again_ms })
    }
    let wake: () => void = () => undefined
    let news = true
    const stopWatching = watch.on(first.closureId, () => {
      news = true
      wake()
    })
    stream.onAbort(() => wake())
    try {
      for (let told = '', beats = 0; !stream.aborted && !stream.closed && beats < stream_lives_heartbeats;) {
        const view = news ? await readClosure(ctx, first) : undefined
        news = false
        if (!view) {
          beats++
          await stream.write(': still here\n\n')
        }
        if (view && stampOf(view) !== told) {
          told = stampOf(view)
          await stream.writeSSE({ event: isOver(view) ? 'end' : 'change', data: told })
          if (isOver(view)) return
        }
        if (!news) await sleepUnlessWoken(heartbeat_seconds, (arm) => (wake = arm))
      }
    } finally {
      leave()
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
