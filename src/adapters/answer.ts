/**
 * What a provider can say. Every port returns one of these, and every caller must branch on all four.
 *
 * - `done`: the provider confirms the work, with its own reference as evidence.
 * - `pending`: the provider took the order and will finish it later; ask again (`ask` on the port, same key).
 * - `refused`: the provider says no and will say no again; `code` is stable, `reason` holds nothing personal.
 * - `unknown`: nobody can say whether the work was done (time-out, broken answer, connection lost).
 *   Never assumed either way: it is resolved by asking again with the same key.
 */
export type Answer<T = object> =
  | { kind: 'done'; evidence: Evidence; value: T }
  | { kind: 'pending'; evidence: Evidence; askAgainInMs: number }
  | { kind: 'refused'; code: string; reason: string; evidence: Evidence }
  | { kind: 'unknown'; reason: string }

/** What goes into the journal: who answered, under which reference, when (RFC 3339). Nothing personal. */
export type Evidence = {
  provider: string
  reference?: string
  at?: string
  detail?: Record<string, string | number | boolean | null>
}
