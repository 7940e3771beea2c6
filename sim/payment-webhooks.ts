import { createHmac, randomUUID } from 'node:crypto'
import http from 'node:http'

export type SimEvent = {
  id: string
  object: 'event'
  api_version: string
  created: number
  type: string
  livemode: false
  pending_webhooks: number
  request: null
  data: { object: unknown }
}
export type Endpoint = { url: string; secret: string }
export type Release = { reversed?: boolean; copies?: number }

export type Webhooks = {
  register(endpoint: Endpoint): void
  /** Tells every endpoint, or keeps it while held. */
  tell: (type: string, object: object) => void
  /** From here on nothing is delivered… */
  hold: () => void
  /** …until this, in any order and so many times. */
  release(how?: Release): void
  /** Held events are lost, as when an endpoint was switched off. */
  lose: () => void
  /** Delivers one event again, e.g. an old one. */
  replay(eventId: string): void
  events(): SimEvent[]
  deliveries(): { id: string; type: string; status: number | undefined }[]
  /** When nothing is on its way any more. */
  idle(): Promise<void>
  close(): void
}

/** Stripe repeats for three days; here the pauses are short and the tries few. */
const TRIES = 8

/**
 * Stripe's webhooks (docs.stripe.com/webhooks): each event is posted to each endpoint, signed with the endpoint's
 * secret (`t=…,v1=HMAC-SHA256(secret, t.body)`), and posted again until a 2xx answers.
 * @param now milliseconds, so that signatures can bear the time of a test
 */
export function openWebhooks(now: () => number, firstPauseMs = 20): Webhooks {
  const endpoints: Endpoint[] = []
  const events: SimEvent[] = []
  const deliveries: { id: string; type: string; status: number | undefined }[] = []
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  const timers = new Set<NodeJS.Timeout>()
  const waiting = new Set<() => void>()
  let held: SimEvent[] | undefined
  let underWay = 0
  let closed = false
  const settled = () => {
    underWay -= 1
    if (underWay === 0) for (const resolve of waiting) resolve()
  }
  const attempt = async (endpoint: Endpoint, event: SimEvent, tried: number): Promise<void> => {
    const status = await deliver(agent, endpoint, event, Math.floor(now() / 1_000))
    deliveries.push({ id: event.id, type: event.type, status })
    const taken = status !== undefined && status >= 200 && status < 300
    if (taken || closed || tried + 1 >= TRIES) return settled()
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        void attempt(endpoint, event, tried + 1)
      },
      firstPauseMs * 2 ** tried,
    )
    timers.add(timer)
  }
  const send = (event: SimEvent) => {
    for (const endpoint of endpoints) {
      underWay += 1
      void attempt(endpoint, event, 0)
    }
  }
  return {
    register: (endpoint) => void endpoints.push(endpoint),
    tell(type, object) {
      const event: SimEvent = {
        id: `evt_${randomUUID().replaceAll('-', '')}`,
        object: 'event',
        api_version: '2026-10-28.endive',
        created: Math.floor(now() / 1_000),
        type,
        livemode: false,
        pending_webhooks: endpoints.length,
        request: null,
        data: { object: structuredClone(object) },
      }
      events.push(event)
      if (held === undefined) send(event)
      else held.push(event)
    },
    hold: () => void (held ??= []),
    release({ reversed = false, copies = 1 } = {}) {
      const list = held ?? []
      held = undefined
      for (const event of reversed ? list.toReversed() : list) for (let n = 0; n < copies; n += 1) send(event)
    },
    lose: () => void (held = undefined),
    replay(eventId) {
      const event = events.find(({ id }) => id === eventId)
      if (event !== undefined) send(event)
    },
    events: () => events,
    deliveries: () => deliveries,
    idle: () => (underWay === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
    close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      agent.destroy()
    },
  }
}

function deliver(
  agent: http.Agent,
  { url, secret }: Endpoint,
  event: SimEvent,
  at: number,
): Promise<number | undefined> {
  const body = JSON.stringify(event)
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'stripe-signature': `t=${at},v1=${signature}`,
  }
  return new Promise((resolve) => {
    const request = http.request(url, { method: 'POST', agent, headers, timeout: 5_000 })
    request.on('response', (response) => resolve(response.resume().statusCode))
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(undefined))
    request.end(body)
  })
}
