import { randomUUID } from 'node:crypto'
import http from 'node:http'
import type { Order } from './line-orders.ts'

export type Hubs = {
  register(callback: string): string
  unregister(id: string): boolean
  /** Tells every listener, so many times. Lost events are not repeated: nobody may depend on them. */
  tell(order: Order, times: number): void
  callbacks(): string[]
  close(): void
}

/** TMF641's notification side: listeners and the serviceOrderStateChangeEvent. */
export function openHubs(): Hubs {
  const hubs = new Map<string, string>()
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  return {
    register(callback) {
      const id = randomUUID()
      hubs.set(id, callback)
      return id
    },
    unregister: (id) => hubs.delete(id),
    tell(order, times) {
      const body = JSON.stringify({
        eventId: randomUUID(),
        eventTime: new Date().toISOString(),
        eventType: 'ServiceOrderStateChangeEvent',
        event: { serviceOrder: order },
      })
      for (const callback of hubs.values()) for (let n = 0; n < times; n += 1) post(agent, callback, body)
    },
    callbacks: () => [...hubs.values()],
    close: () => agent.destroy(),
  }
}

function post(agent: http.Agent, url: string, body: string): void {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const request = http.request(url, { method: 'POST', agent, headers, timeout: 5_000 })
  request.on('response', (response) => response.resume())
  request.on('timeout', () => request.destroy())
  request.on('error', () => {})
  request.end(body)
}
