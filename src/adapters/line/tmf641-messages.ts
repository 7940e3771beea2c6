import { z } from 'zod'
import type { LineAction, LineOrder } from './port.ts'

/** TMF641 Service Ordering v4.1: where its resources lie under the provider's root. */
export const TMF641_ROOT = '/tmf-api/serviceOrdering/v4'

/** TMF641 v4.1 ServiceOrderStateType, sorted by what they mean for us. */
export const OPEN_STATES = new Set([
  'acknowledged',
  'inProgress',
  'pending',
  'held',
  'assessingCancellation',
  'pendingCancellation',
])
export const REFUSED_STATES = new Set(['failed', 'rejected', 'cancelled'])

/** Only what we read is described; the rest of a provider's order is its own business. */
export const serviceOrder = z.object({
  id: z.string().min(1).max(200),
  externalId: z.string().max(500).optional(),
  state: z.string().max(60),
  orderDate: z.string().max(60).optional(),
  completionDate: z.string().max(60).optional(),
  orderItem: z
    .array(z.object({ action: z.string().max(60).optional(), state: z.string().max(60).optional() }))
    .optional(),
})
export type ServiceOrder = z.infer<typeof serviceOrder>

export const serviceOrderList = z.array(serviceOrder).max(1_000)

/** The state that the line shall have; sent as a characteristic, so that applying it twice changes nothing. */
const WANTED: Record<LineAction, { itemAction: 'modify' | 'delete'; state: string }> = {
  suspend: { itemAction: 'modify', state: 'suspended' },
  resume: { itemAction: 'modify', state: 'active' },
  terminate: { itemAction: 'delete', state: 'terminated' },
}

/** The body of POST /serviceOrder: one item, the idempotency key as `externalId`. */
export function orderBody(action: LineAction, order: LineOrder): object {
  const { itemAction, state } = WANTED[action]
  const characteristics = { iccid: order.iccid, msisdn: order.msisdn, imsi: order.imsi, state }
  return {
    '@type': 'ServiceOrder',
    externalId: order.key,
    category: 'line',
    orderItem: [
      {
        '@type': 'ServiceOrderItem',
        id: '1',
        action: itemAction,
        service: {
          '@type': 'Service',
          serviceType: 'MobileLine',
          serviceCharacteristic: Object.entries(characteristics)
            .filter(([, value]) => value !== undefined)
            .map(([name, value]) => ({ name, valueType: 'string', value })),
        },
      },
    ],
  }
}

const stateChangeEvent = z.object({
  eventType: z.string().regex(/^serviceOrderStateChangeEvent$/i),
  event: z.object({
    serviceOrder: z.object({
      id: z.string().min(1).max(200),
      externalId: z.string().min(1).max(500),
      state: z.string().max(60).optional().catch(undefined),
    }),
  }),
})

/**
 * Reads a `serviceOrderStateChangeEvent`. The result only says which order to ask about, and whether that is worth a
 * question: anyone can post to a public listener, so no event says how an order ended. One that says its order is open
 * still (acknowledged, inProgress) brings nothing new; a forged one that says so only holds back itself.
 */
export function parseOrderEvent(
  body: unknown,
): { key: string; orderId: string; isStillOpen: boolean } | undefined {
  const event = stateChangeEvent.safeParse(body)
  if (!event.success) return undefined
  const { id, externalId, state } = event.data.event.serviceOrder
  return { key: externalId, orderId: id, isStillOpen: OPEN_STATES.has(state ?? '') }
}
