/**
 * How a simulated provider can misbehave:
 * - `refuse`: says no, does nothing;
 * - `timeout_before`: does nothing and never answers; `timeout_after`: does the work and never answers;
 * - `late`: breaks the connection, and does the work when told to (`POST /sim/arrive`), as a slow proxy does;
 * - `twice`: does the work once and answers (or notifies, or delivers) twice;
 * - `down`: breaks the connection before reading a word;
 * - `rubbish`: does the work and answers with something unreadable;
 * - `stall`: the work is accepted but stays unfinished until `POST /sim/settle`; `fail_later`: it is accepted
 *   and then ends badly.
 */
export const FAILURE_MODES = [
  'refuse',
  'timeout_before',
  'timeout_after',
  'late',
  'twice',
  'down',
  'rubbish',
  'stall',
  'fail_later',
] as const
export type FailureMode = (typeof FAILURE_MODES)[number]

export type FailureOrder = {
  mode: FailureMode
  /** So many requests, then well again. */
  times?: number
  /** So long, then well again. */
  forMs?: number
  /** Only requests whose text contains this (HTTP: `METHOD /path body`; mail: recipient address). */
  match?: string
  /** 0..1: only so many of them, drawn from `seed` so that a run can be repeated. */
  probability?: number
  seed?: number
}

export type FailureSwitch = {
  /** Adds an order; the first that applies wins. `undefined` clears all. */
  set(order: FailureOrder | undefined): void
  /** The mode to play for this request, if any; counts against `times`. */
  draw(text: string): FailureMode | undefined
}

/** @param now whose clock `forMs` runs by, in ms: a test that moves its own has a provider down for an hour of that */
export function failureSwitch(now: () => number = Date.now): FailureSwitch {
  let orders: { order: FailureOrder; left: number; until: number; random: () => number }[] = []
  return {
    set(order) {
      if (order === undefined) {
        orders = []
        return
      }
      orders.push({
        order,
        left: order.times ?? Number.POSITIVE_INFINITY,
        until: order.forMs === undefined ? Number.POSITIVE_INFINITY : now() + order.forMs,
        random: seededRandom(order.seed ?? 1),
      })
    },
    draw(text) {
      if (orders.length === 0) return undefined
      const at = now()
      orders = orders.filter((entry) => entry.left > 0 && entry.until > at)
      for (const entry of orders) {
        const { match, probability, mode } = entry.order
        if (match !== undefined && !text.includes(match)) continue
        if (probability !== undefined && entry.random() >= probability) continue
        entry.left -= 1
        return mode
      }
      return undefined
    },
  }
}

/** Reads the body of `POST /sim/fail`; `{"mode":"none"}` or `{}` clears. Throws on anything else. */
export function parseFailureOrder(body: unknown): FailureOrder | undefined {
  const order = (body ?? {}) as FailureOrder & { mode?: string }
  if (order.mode === undefined || (order.mode as string) === 'none') return undefined
  if (!FAILURE_MODES.includes(order.mode)) throw new Error(`unknown mode ${String(order.mode)}`)
  return order
}

/** mulberry32: small, repeatable, good enough to draw failures and latencies. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
