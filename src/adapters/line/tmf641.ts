import type { Answer } from '../answer.ts'
import { openJsonConnection, type JsonConnection, type JsonConnectionConfig } from '../json-call.ts'
import type { LineAction, LineDone, LineOrder, LinePort } from './port.ts'
import { judgeOrders, surplusOrders } from './judge-orders.ts'
import {
  orderBody,
  serviceOrder,
  serviceOrderList,
  TMF641_ROOT,
  type ServiceOrder,
} from './tmf641-messages.ts'

export type Tmf641Config = JsonConnectionConfig & {
  /** How long to leave an open order alone before asking again, in ms; an event may come sooner. */
  askAgainInMs?: number | undefined
}

type Unknown = { kind: 'unknown'; reason: string }

/**
 * Line control over TM Forum TMF641 Service Ordering v4.
 *
 * Servers do not deduplicate by `externalId`, so every action looks for its key first and posts only when
 * the server says that no such order exists; a failed look-up is `unknown` and posts nothing.
 *
 * Two workers can still look at the same moment and both post. Inside one process calls of one key share one
 * promise. Across processes both orders then exist: they ask for the same end state, so applying both changes
 * nothing more, but a late one could undo a later `resume`. Therefore whoever looks next cancels all but the
 * earliest order, and a key counts as done only when none of its orders is still open. What remains is a server
 * that takes in a request after it let it time out and after its twin was done: the line then gets the same state
 * once more, so whoever undoes by `resume` asks about the suspension's key once again after it.
 */
export function tmf641Line(config: Tmf641Config): LinePort & {
  subscribe(callbackUrl: string): Promise<Answer<{ hubId: string }>>
} {
  const connection = openJsonConnection(config)
  const askAgainInMs = config.askAgainInMs ?? 1_000
  const underWay = new Map<string, Promise<Answer<LineDone>>>()

  const act = (action: LineAction) => (order: LineOrder) => {
    const running = underWay.get(order.key)
    if (running !== undefined) return running
    const answer = orderOnce(connection, action, order, askAgainInMs).finally(() =>
      underWay.delete(order.key),
    )
    underWay.set(order.key, answer)
    return answer
  }
  return {
    suspend: act('suspend'),
    resume: act('resume'),
    terminate: act('terminate'),
    async ask({ key, action }) {
      const found = await findOrders(connection, key)
      if ('kind' in found) return found
      if (found.orders.length === 0) return { kind: 'unknown', reason: 'no_order_with_this_key' }
      return settle(connection, found.orders, action, askAgainInMs)
    },
    subscribe: (callbackUrl) => subscribe(connection, callbackUrl),
    close: () => connection.close(),
  }
}

async function orderOnce(
  connection: JsonConnection,
  action: LineAction,
  order: LineOrder,
  askAgainInMs: number,
): Promise<Answer<LineDone>> {
  const found = await findOrders(connection, order.key)
  if ('kind' in found) return found
  if (found.orders.length > 0) return settle(connection, found.orders, action, askAgainInMs)

  const reply = await connection.call('POST', `${TMF641_ROOT}/serviceOrder`, {
    body: orderBody(action, order),
  })
  if (reply.kind === 'failed') return { kind: 'unknown', reason: reply.reason }
  // 400 and 422 speak about this order. All else (credentials, path, load) speaks about the connection.
  if (reply.status === 400 || reply.status === 422) {
    return {
      kind: 'refused',
      code: 'order_not_accepted',
      reason: `the network did not accept the order (HTTP ${reply.status})`,
      evidence: { provider: 'tmf641', detail: { action, status: reply.status } },
    }
  }
  if (reply.status !== 201 && reply.status !== 200)
    return { kind: 'unknown', reason: `status_${reply.status}` }
  const created = serviceOrder.safeParse(reply.json)
  if (!created.success || created.data.externalId !== order.key) return unreadable()
  return judgeOrders([created.data], action, askAgainInMs)
}

async function findOrders(
  connection: JsonConnection,
  key: string,
): Promise<{ orders: ServiceOrder[] } | Unknown> {
  const query = `externalId=${encodeURIComponent(key)}`
  const reply = await connection.call('GET', `${TMF641_ROOT}/serviceOrder?${query}`)
  if (reply.kind === 'failed') return { kind: 'unknown', reason: reply.reason }
  // 206 is TMF630's partial content: some orders of this one key are on a further page, more than any sane case.
  if (reply.status !== 200) return { kind: 'unknown', reason: `status_${reply.status}` }
  const orders = serviceOrderList.safeParse(reply.json)
  if (!orders.success) return unreadable()
  // A server that ignores the filter must not pass for one that has no such order: we would order twice.
  if (orders.data.some((order) => order.externalId !== key))
    return { kind: 'unknown', reason: 'filter_ignored' }
  return { orders: orders.data }
}

async function settle(
  connection: JsonConnection,
  orders: ServiceOrder[],
  action: LineAction,
  askAgainInMs: number,
): Promise<Answer<LineDone>> {
  for (const surplus of surplusOrders(orders)) {
    // Whether the cancellation came in time shows at the next look; its answer is not needed here.
    await connection.call('POST', `${TMF641_ROOT}/cancelServiceOrder`, {
      body: {
        '@type': 'CancelServiceOrder',
        cancellationReason: 'duplicate of an order with the same externalId',
        serviceOrder: { id: surplus.id },
      },
    })
  }
  return judgeOrders(orders, action, askAgainInMs)
}

/** Registers our listener for state changes; without `query` some servers send every event they have. */
async function subscribe(
  connection: JsonConnection,
  callbackUrl: string,
): Promise<Answer<{ hubId: string }>> {
  const reply = await connection.call('POST', `${TMF641_ROOT}/hub`, {
    body: { callback: callbackUrl, query: 'eventType=ServiceOrderStateChangeEvent' },
  })
  if (reply.kind === 'failed') return { kind: 'unknown', reason: reply.reason }
  if (reply.status === 409) return done('tmf641', 'registered before')
  const id = (reply.json as { id?: unknown } | undefined)?.id
  if (reply.status !== 201 || typeof id !== 'string')
    return { kind: 'unknown', reason: `status_${reply.status}` }
  return done('tmf641', id)
}

function done(provider: string, hubId: string): Answer<{ hubId: string }> {
  return { kind: 'done', evidence: { provider, reference: hubId }, value: { hubId } }
}

function unreadable(): Unknown {
  return { kind: 'unknown', reason: 'unreadable_answer' }
}
