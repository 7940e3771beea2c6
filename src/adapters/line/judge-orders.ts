import type { Answer } from '../answer.ts'
import type { LineAction, LineDone } from './port.ts'
import { OPEN_STATES, REFUSED_STATES, type ServiceOrder } from './tmf641-messages.ts'

type Verdict = 'open' | 'done' | 'refused' | 'unclear'

/** What all orders of one key say together (normally there is one). Open ones come first: see tmf641.ts. */
export function judgeOrders(
  orders: ServiceOrder[],
  action: LineAction,
  askAgainInMs: number,
): Answer<LineDone> {
  const sorted = [...orders].sort(earliestFirst)
  const first = (verdict: Verdict) => sorted.find((order) => verdictOn(order) === verdict)
  const evidence = (order: ServiceOrder) => ({
    provider: 'tmf641',
    reference: order.id,
    ...(order.completionDate === undefined ? {} : { at: order.completionDate }),
    detail: { action, state: order.state, orders: orders.length },
  })
  const itemAction = action === 'terminate' ? 'delete' : 'modify'
  if (orders.some((order) => (order.orderItem?.[0]?.action ?? itemAction) !== itemAction)) {
    return { kind: 'unknown', reason: 'key_names_another_action' }
  }
  const open = first('open')
  if (open !== undefined) return { kind: 'pending', evidence: evidence(open), askAgainInMs }
  const done = first('done')
  if (done !== undefined) return { kind: 'done', evidence: evidence(done), value: { action } }
  const refused = first('refused')
  if (refused === undefined || first('unclear') !== undefined) {
    return { kind: 'unknown', reason: 'order_in_unclear_state' }
  }
  return {
    kind: 'refused',
    code: `order_${refused.state}`,
    reason: `the network ended the order as ${refused.state}`,
    evidence: evidence(refused),
  }
}

/** Open orders besides the one that counts: a finished one, or else the earliest. */
export function surplusOrders(orders: ServiceOrder[]): ServiceOrder[] {
  if (orders.length < 2) return []
  const sorted = [...orders].sort(earliestFirst)
  const kept =
    sorted.find((order) => verdictOn(order) === 'done') ?? sorted.find((o) => verdictOn(o) === 'open')
  return sorted.filter((order) => order !== kept && verdictOn(order) === 'open')
}

function verdictOn(order: ServiceOrder): Verdict {
  // 'partial' is defined over items; ours have one, so its own state is the truth.
  const state = order.state === 'partial' ? (order.orderItem?.[0]?.state ?? 'partial') : order.state
  if (state === 'completed') return 'done'
  if (OPEN_STATES.has(state)) return 'open'
  return REFUSED_STATES.has(state) ? 'refused' : 'unclear'
}

/** Every worker must pick the same order as the one that counts; the id breaks ties. */
function earliestFirst(a: ServiceOrder, b: ServiceOrder): number {
  const [left, right] = [`${a.orderDate ?? ''} ${a.id}`, `${b.orderDate ?? ''} ${b.id}`]
  return left < right ? -1 : left > right ? 1 : 0
}
