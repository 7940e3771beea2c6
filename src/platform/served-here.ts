import type pg from 'pg'

type Served = { now: number; endedAt: number }
const served = new WeakMap<pg.Pool, Served>()

/** Answers a request of a person or program, and remembers that this process (this pool) is being asked. */
export async function serveHere<T>(pool: pg.Pool, answer: () => T | Promise<T>): Promise<T> {
  const mine = served.get(pool) ?? { now: 0, endedAt: Number.NEGATIVE_INFINITY }
  served.set(pool, mine)
  mine.now++
  try {
    return await answer()
  } finally {
    mine.now--
    mine.endedAt = performance.now()
  }
}

/** Whether this process answers a request now, or did within so many milliseconds. */
export function isServedHere(pool: pg.Pool, withinMs: number): boolean {
  const mine = served.get(pool)
  return mine !== undefined && (mine.now > 0 || performance.now() - mine.endedAt < withinMs)
}
