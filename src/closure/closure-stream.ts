import { streamSSE } from 'hono/streaming'
import type { ApiContext } from '../api/api-env.ts'
import { Refusal } from '../platform/errors.ts'
import { closureFor } from './closure-access.ts'
import { closureJson, isOver } from './closure-json.ts'
import type { ClosureView } from './closure-view.ts'
import { openStream } from './open-streams.ts'

const heartbeat_ms = 15_000
const stream_lives_ms = 15 * 60_000

/**
 * Sends the closure now and at each change. Who may see it is asked anew each time, so a session that has ended
 * ends its stream. A notification may be lost with a connection: at every heartbeat the rows are read anyway.
 */
export function streamClosure(c: ApiContext, first: ClosureView): Response {
  // Nobody would read the stream of a HEAD, and so nobody end it.
  if (c.req.method === 'HEAD') return c.body(null)
  const leave = openStream(first.closureId)
  // A client can ask again and again instead.
  if (!leave) throw new Refusal('api/too_many_streams')
  const { publicUrl } = c.get('ctx').config
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, async (stream) => {
    let changed = false
    let wake = () => {}
    const unwatch = c.get('watch').on(first.closureId, () => {
      changed = true
      wake()
    })
    stream.onAbort(() => wake())
    try {
      let view = first
      let told = ''
      for (let waited_ms = 0; !stream.aborted && waited_ms < stream_lives_ms; waited_ms += heartbeat_ms) {
        const data = JSON.stringify(closureJson(publicUrl, view))
        if (data === told) await stream.write(': still here\n\n')
        else await stream.writeSSE({ event: 'closure', data, retry: 1_000 })
        told = data
        if (isOver(view)) return
        if (!changed) await nap((stop) => (wake = stop))
        changed = false
        view = (await closureFor(c, first.number)).view
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    } finally {
      leave()
      unwatch()
    }
  })
}

function nap(arm: (stop: () => void) => void): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, heartbeat_ms)
    arm(() => {
      clearTimeout(timer)
      done()
    })
  })
}
