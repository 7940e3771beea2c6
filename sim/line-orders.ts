import { randomUUID } from 'node:crypto'
import { tally } from './http-server.ts'

export type Order = {
  id: string
  externalId?: string
  state: string
  orderDate: string
  completionDate?: string
  orderItem: { id?: string; action?: string; state?: string; service?: Service }[]
}
type Service = { serviceCharacteristic?: { name: string; value: unknown }[] }

/** The provider's order desk and the network behind it: it deduplicates nothing, as real ones don't. */
export type OrderDesk = {
  take(body: Partial<Order> & Pick<Order, 'orderItem'>): Order
  find(id: string): Order | undefined
  withKey(key: string): Order[]
  all(): Order[]
  /**
   * Brings an order on, and when it is completed changes the network. False where the order is past that already: an
   * end is an end, and only what nobody works on yet can be cancelled.
   */
  move(order: Order, state: 'inProgress' | 'completed' | 'failed' | 'cancelled'): boolean
  /** The state of every line by ICCID, and how often each state was really applied (`iccid:state`). */
  lines: Map<string, string>
  effects: ReturnType<typeof tally>
}

export function openOrderDesk(): OrderDesk {
  const byId = new Map<string, Order>()
  const byKey = new Map<string, Order[]>()
  const lines = new Map<string, string>()
  const effects = tally()
  return {
    lines,
    effects,
    find: (id) => byId.get(id),
    withKey: (key) => byKey.get(key) ?? [],
    all: () => [...byId.values()],
    take(body) {
      const order: Order = {
        ...body,
        orderItem: body.orderItem.map((item) => ({ ...item, state: 'acknowledged' })),
        id: randomUUID(),
        state: 'acknowledged',
        orderDate: new Date().toISOString(),
      }
      byId.set(order.id, order)
      const key = order.externalId
      if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), order])
      return order
    },
    move(order, state) {
      if (!cameFrom[state].includes(order.state)) return false
      order.state = state
      for (const item of order.orderItem) item.state = state
      if (state === 'completed' || state === 'failed') order.completionDate = new Date().toISOString()
      if (state !== 'completed') return true
      const [iccid, wanted] = [characteristic(order, 'iccid'), characteristic(order, 'state')]
      lines.set(iccid, wanted)
      effects.add(`${iccid}:${wanted}`)
      return true
    },
  }
}

const cameFrom = {
  inProgress: ['acknowledged'],
  completed: ['inProgress'],
  failed: ['inProgress'],
  cancelled: ['acknowledged'],
}

function characteristic(order: Order, name: string): string {
  const all = order.orderItem[0]?.service?.serviceCharacteristic ?? []
  const value = all.find((entry) => entry.name === name)?.value
  return typeof value === 'string' ? value : ''
}
