import pg from 'pg'
import type { Context } from '../platform/context.ts'

/** Tells who watches that something about a closure has changed; what, they read from the rows. */
export type Watch = {
  on(closureId: string, onChange: () => void): () => void
  close(): Promise<void>
}

const reconnect_ms = 1_000

/**
 * One LISTEN session a process, however many progress pages are open. The database notifies by trigger
 * (migrations/0006), so a change made by any process is heard. After a lost connection every watcher is told
 * once, because something may have been missed.
 */
export function openWatch(url: string): Watch {
  const watchers = new Map<string, Set<() => void>>()
  let client: pg.Client | undefined
  let closed = false

  const connect = async (again: boolean) => {
    if (closed) return
    const next = new pg.Client({ connectionString: url, application_name: 'leb-watch', keepAlive: true })
    const retry = () => {
      if (client === next) client = undefined
      next.removeAllListeners('end')
      setTimeout(() => void connect(true), reconnect_ms).unref()
    }
    next.on('error', () => undefined)
    next.once('end', retry)
    next.on('notification', ({ payload }) => payload && tell(payload))
    try {
      await next.connect()
      await next.query('listen leb_closure')
      client = next
      if (again) for (const id of watchers.keys()) tell(id)
    } catch {
      retry()
    }
  }
  const tell = (closureId: string) => watchers.get(closureId)?.forEach((onChange) => onChange())
  let started = false

  return {
    on(closureId, onChange) {
      if (!started) void connect(false)
      started = true
      const those = watchers.get(closureId) ?? new Set()
      watchers.set(closureId, those.add(onChange))
      return () => {
        those.delete(onChange)
        if (those.size === 0) watchers.delete(closureId)
      }
    },
    async close() {
      closed = true
      await client?.end().catch(() => undefined)
    },
  }
}

/** Calls `onChange` at every change of one closure until the answered function is called. */
export function watchClosure(ctx: Context, closureId: string, onChange: () => void): () => void {
  return ctx.watch.on(closureId, onChange)
}
