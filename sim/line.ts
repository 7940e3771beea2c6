import { randomUUID } from 'node:crypto'
import http from 'node:http'
import {
  startSimServer,
  tally,
  type SimOptions,
  type SimReply,
  type SimRequest,
  type SimServer,
} from './http-server.ts'

type Order = {
  id: string
  externalId?: string
  state: string
  orderDate: string
  completionDate?: string
  orderItem: { id?: string; action?: string; state?: string; service?: Service }[]
}
type Service = { serviceCharacteristic?: { name: string; value: unknown }[] }

const ROOT = '/tmf-api/serviceOrdering/v4'

export type LineSim = SimServer & {
  orders(key: string): Order[]
  /** How often an order of this ICCID really changed the network, e.g. `effects('8988…', 'suspended')`. */
  effects(iccid: string, state: string): number
}

/**
 * A TMF641 v4 provider: keeps every order it is given (it deduplicates nothing, as real ones don't), finishes
 * it after `completeAfterMs` and tells the hubs.
 */
export async function startLineSim(
  options: SimOptions & { completeAfterMs?: number } = {},
): Promise<LineSim> {
  const byId = new Map<string, Order>()
  const byKey = new Map<string, Order[]>()
  const stalled = new Set<Order>()
  const hubs = new Map<string, string>()
  const timers = new Set<NodeJS.Timeout>()
  const lines = new Map<string, string>()
  const effects = tally()
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })

  const notify = (order: Order, times: number) => {
    const body = JSON.stringify({
      eventId: randomUUID(),
      eventTime: new Date().toISOString(),
      eventType: 'ServiceOrderStateChangeEvent',
      event: { serviceOrder: order },
    })
    for (const callback of hubs.values()) for (let n = 0; n < times; n += 1) post(agent, callback, body)
  }
  const finish = (order: Order, state: string, notifications: number) => {
    if (order.state === 'cancelled') return
    order.state = state
    order.completionDate = new Date().toISOString()
    for (const item of order.orderItem) item.state = state
    if (state === 'completed') {
      const [iccid, wanted] = [characteristic(order, 'iccid'), characteristic(order, 'state')]
      lines.set(iccid, wanted)
      effects.add(`${iccid}:${wanted}`)
    }
    notify(order, notifications)
  }
  const finishLater = (order: Order, state: string, notifications: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      finish(order, state, notifications)
    }, options.completeAfterMs ?? 50)
    timers.add(timer)
  }
  const create = (request: SimRequest): SimReply => {
    const body = JSON.parse(request.body) as Partial<Order>
    if (!Array.isArray(body.orderItem) || body.orderItem.length === 0)
      return badOrder('orderItem is mandatory')
    const order: Order = {
      ...body,
      orderItem: body.orderItem.map((item) => ({ ...item, state: 'acknowledged' })),
      id: randomUUID(),
      state: 'acknowledged',
      orderDate: new Date().toISOString(),
    }
    byId.set(order.id, order)
    if (order.externalId !== undefined) {
      byKey.set(order.externalId, [...(byKey.get(order.externalId) ?? []), order])
    }
    if (request.failure === 'stall') stalled.add(order)
    else
      finishLater(
        order,
        request.failure === 'fail_later' ? 'failed' : 'completed',
        request.failure === 'twice' ? 2 : 1,
      )
    return { status: 201, json: order }
  }
  const cancel = (request: SimRequest): SimReply => {
    const id = (JSON.parse(request.body) as { serviceOrder?: { id?: string } }).serviceOrder?.id
    const order = byId.get(id ?? '')
    if (order === undefined) return badOrder('no such service order')
    const open = order.state === 'acknowledged' || order.state === 'inProgress'
    if (open) order.state = 'cancelled'
    stalled.delete(order)
    return { status: 201, json: { id: randomUUID(), state: open ? 'done' : 'terminatedWithError' } }
  }
  const list = (request: SimRequest): SimReply => {
    const key = request.query.get('externalId')
    return { status: 200, json: key === null ? [...byId.values()].slice(-100) : (byKey.get(key) ?? []) }
  }
  const handle = (request: SimRequest): SimReply => {
    const path = request.path.startsWith(ROOT) ? request.path.slice(ROOT.length) : ''
    const route = `${request.method} ${path}`
    if (route === 'POST /serviceOrder') return create(request)
    if (route === 'GET /serviceOrder') return list(request)
    if (route === 'POST /cancelServiceOrder') return cancel(request)
    if (route === 'POST /hub') {
      const { callback } = JSON.parse(request.body) as { callback: string }
      const id = randomUUID()
      hubs.set(id, callback)
      return { status: 201, json: { id, callback } }
    }
    const byPath = /^(GET|DELETE) \/(serviceOrder|hub)\/([^/]+)$/.exec(route)
    if (byPath?.[1] === 'DELETE' && hubs.delete(byPath[3] ?? '')) return { status: 204 }
    const order = byId.get(byPath?.[3] ?? '')
    return order === undefined
      ? { status: 404, json: { code: '60', reason: 'Resource not found' } }
      : { status: 200, json: order }
  }
  const server = await startSimServer(
    {
      handle,
      refuse: () => badOrder('the order violates a rule of this operator'),
      counts: () => ({ effects, orders: byId.size }),
      state: () => ({
        orders: [...byId.values()],
        lines: Object.fromEntries(lines),
        hubs: [...hubs.values()],
      }),
      control: (request) => {
        if (request.path !== '/sim/settle') return undefined
        for (const order of stalled) finish(order, 'completed', 1)
        stalled.clear()
        return { status: 204 }
      },
    },
    options,
  )
  return {
    ...server,
    orders: (key) => byKey.get(key) ?? [],
    effects: (iccid, state) => effects.get(`${iccid}:${state}`),
    async stop() {
      for (const timer of timers) clearTimeout(timer)
      agent.destroy()
      await server.stop()
    },
  }
}

function characteristic(order: Order, name: string): string {
  const all = order.orderItem[0]?.service?.serviceCharacteristic ?? []
  return String(all.find((entry) => entry.name === name)?.value ?? '')
}

/** TMF630 error body. */
function badOrder(message: string): SimReply {
  return { status: 400, json: { code: '28', reason: 'Invalid body', message } }
}

/** Events are sent once and never repeated when lost: the listener must not depend on them. */
function post(agent: http.Agent, url: string, body: string): void {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const request = http.request(url, { method: 'POST', agent, headers, timeout: 5_000 })
  request.on('response', (response) => response.resume())
  request.on('timeout', () => request.destroy())
  request.on('error', () => {})
  request.end(body)
}
