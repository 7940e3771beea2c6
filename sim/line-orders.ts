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
  /** Ends an open order and, when completed, changes the network; a cancelled order stays cancelled. */
  finish(order: Order, state: 'completed' | 'failed'): void
  /** False when it came too late. */
  cancel(order: Order): boolean
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
    finish(order, state) {
      if (order.state === 'cancelled') return
      order.state = state
      order.completionDate = new Date().toISOString()
      for (const item of order.orderItem) item.state = state
      if (state !== 'completed') return
      const [iccid, wanted] = [characteristic(order, 'iccid'), characteristic(order, 'state')]
      lines.set(iccid, wanted)
      effects.add(`${iccid}:${wanted}`)
    },
    cancel(order) {
      if (order.state !== 'acknowledged') return false
      order.state = 'cancelled'
      return true
    },
  }
}

function characteristic(order: Order, name: string): string {
  const all = order.orderItem[0]?.service?.serviceCharacteristic ?? []
  const value = all.find((entry) => entry.name === name)?.value
  return typeof value === 'string' ? value : ''
}
