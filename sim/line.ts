import { randomUUID } from 'node:crypto'
import {
  startSimServer,
  type SimOptions,
  type SimReply,
  type SimRequest,
  type SimServer,
} from './http-server.ts'
import { openHubs, type Hubs } from './line-hubs.ts'
import { openOrderDesk, type Order, type OrderDesk } from './line-orders.ts'

const ROOT = '/tmf-api/serviceOrdering/v4'

export type LineSimOptions = SimOptions & {
  /** An order is finished so long after it was taken; 50 ms unless told. */
  completeAfterMs?: number
  /** Asked for as bearer token when set. */
  token?: string
}

export type LineSim = SimServer & {
  orders(key: string): Order[]
  /** How often an order of this ICCID really changed the network, e.g. `effects('8988…', 'suspended')`. */
  effects(iccid: string, state: string): number
}

/**
 * A TMF641 v4 provider: keeps every order it is given, has it go from acknowledged over inProgress to completed in a
 * while, and tells the hubs of each. What stalls stays acknowledged, until `POST /sim/begin` and `POST /sim/settle`.
 */
export async function startLineSim(options: LineSimOptions = {}): Promise<LineSim> {
  const desk = openOrderDesk()
  const hubs = openHubs()
  const stalled = new Set<Order>()
  const timers = new Set<NodeJS.Timeout>()
  const later = (act: () => void) => {
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        act()
      },
      (options.completeAfterMs ?? 50) / 2,
    )
    timers.add(timer)
  }
  const move = (order: Order, state: 'inProgress' | 'completed' | 'failed', notifications = 1) => {
    if (desk.move(order, state)) hubs.tell(order, notifications)
  }
  const work = (order: Order, failure: SimRequest['failure']) => {
    const notifications = failure === 'twice' ? 2 : 1
    hubs.tell(order, notifications)
    if (failure === 'stall') return void stalled.add(order)
    later(() => {
      move(order, 'inProgress', notifications)
      later(() => move(order, failure === 'fail_later' ? 'failed' : 'completed', notifications))
    })
  }
  const settle = (path: string): SimReply | undefined => {
    if (path !== '/sim/begin' && path !== '/sim/settle') return undefined
    for (const order of stalled) {
      move(order, 'inProgress')
      if (path === '/sim/settle') move(order, 'completed')
    }
    if (path === '/sim/settle') stalled.clear()
    return { status: 204 }
  }
  const server = await startSimServer(
    {
      handle(request) {
        if (options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`) {
          return { status: 401, json: { code: '41', reason: 'Unauthorized' } }
        }
        return route(request, desk, hubs, work)
      },
      refuse: () => badOrder('the order violates a rule of this operator'),
      counts: () => ({ effects: desk.effects, orders: desk.all().length }),
      state: () => ({ orders: desk.all(), lines: Object.fromEntries(desk.lines), hubs: hubs.callbacks() }),
      control: (request) => settle(request.path),
    },
    options,
  )
  return {
    ...server,
    orders: (key) => desk.withKey(key),
    effects: (iccid, state) => desk.effects.get(`${iccid}:${state}`),
    async stop() {
      for (const timer of timers) clearTimeout(timer)
      hubs.close()
      await server.stop()
    },
  }
}

function route(
  request: SimRequest,
  desk: OrderDesk,
  hubs: Hubs,
  work: (order: Order, failure: SimRequest['failure']) => void,
): SimReply {
  const path = request.path.startsWith(ROOT) ? request.path.slice(ROOT.length) : ''
  switch (`${request.method} ${path}`) {
    case 'POST /serviceOrder': {
      const body = JSON.parse(request.body) as Partial<Order>
      const { orderItem } = body
      if (!Array.isArray(orderItem) || orderItem.length === 0) return badOrder('orderItem is mandatory')
      if (!orderItem.every(isItem)) return badOrder('orderItem takes id, action and service')
      const order = desk.take({ ...body, orderItem })
      work(order, request.failure)
      return { status: 201, json: order }
    }
    case 'GET /serviceOrder': {
      const key = request.query.get('externalId')
      return { status: 200, json: key === null ? desk.all().slice(-100) : desk.withKey(key) }
    }
    case 'POST /cancelServiceOrder': {
      const id = (JSON.parse(request.body) as { serviceOrder?: { id?: string } }).serviceOrder?.id
      const order = desk.find(id ?? '')
      if (order === undefined) return badOrder('no such service order')
      const isCancelled = desk.move(order, 'cancelled')
      if (isCancelled) hubs.tell(order, 1)
      const state = isCancelled ? 'done' : 'terminatedWithError'
      return { status: 201, json: { id: randomUUID(), state } }
    }
    case 'POST /hub': {
      const { callback } = JSON.parse(request.body) as { callback: string }
      return { status: 201, json: { id: hubs.register(callback), callback } }
    }
    default:
      return routeById(`${request.method} ${path}`, desk, hubs)
  }
}

// TMF641 v4.1, ServiceOrderItem_Create: mandatory attributes, and the actions there are.
const actions = ['add', 'modify', 'delete', 'noChange']
const isItem = ({ id, action, service }: Order['orderItem'][number]) =>
  typeof id === 'string' && actions.includes(action ?? '') && typeof service === 'object'

function routeById(path: string, desk: OrderDesk, hubs: Hubs): SimReply {
  const [, name, id] = /^(GET \/serviceOrder|DELETE \/hub)\/([^/]+)$/.exec(path) ?? []
  if (name === 'DELETE /hub' && hubs.unregister(id ?? '')) return { status: 204 }
  const order = name === 'GET /serviceOrder' ? desk.find(id ?? '') : undefined
  if (order !== undefined) return { status: 200, json: order }
  return { status: 404, json: { code: '60', reason: 'Resource not found' } }
}

/** TMF630 error body. */
function badOrder(message: string): SimReply {
  return { status: 400, json: { code: '28', reason: 'Invalid body', message } }
}
