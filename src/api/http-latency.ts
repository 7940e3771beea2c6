import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { Histogram, Registry } from 'prom-client'

/** What this process has measured. One a process, like the process itself. */
export const processMetrics = new Registry()

const latency = new Histogram({
  name: 'leb_http_request_seconds',
  help: 'Time to answer, by route pattern (never the address itself), method and class of status',
  labelNames: ['route', 'method', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10],
  registers: [processMetrics],
})

/** Measures every request; put it before everything else. */
export const measureLatency: MiddlewareHandler = async (c, next) => {
  const stop = latency.startTimer()
  await next()
  // An event stream lasts as long as somebody watches: that is no latency.
  if (c.res.headers.get('content-type')?.startsWith('text/event-stream')) return
  const known = c.res.status !== 404 && c.res.status !== 405
  stop({
    route: known ? routePath(c, -1) : 'unknown',
    method: /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(c.req.method) ? c.req.method : 'other',
    status: `${Math.floor(c.res.status / 100)}xx`,
  })
}
