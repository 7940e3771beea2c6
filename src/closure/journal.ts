import { sql } from 'kysely'
import type { Tx } from '../platform/db.ts'
import type { JournalName, Proof } from './step.ts'

/** The closure's evidence: one row a step and attempt. `scopeId` is the card, or the closure for what is told once. */
export type JournalRow = {
  step: JournalName
  scopeId: string
  attempt: number
  state: 'intent' | 'done' | 'pending' | 'refused' | 'unknown'
  key: string
  answer: Proof | null
  intendedAt: Date
  answeredAt: Date | null
}

/** All rows of a closure, by step and scope, attempts in order. Kept in step with what is written. */
export type Journal = Map<string, JournalRow[]>

const place = (step: JournalName, scopeId: string) => `${step}/${scopeId}`

export async function readJournal(tx: Tx, issuerId: string, closureId: string): Promise<Journal> {
  return (await readJournals(tx, issuerId, [closureId])).get(closureId) ?? new Map()
}

/** Those of several closures, by closure; one without rows is not in it. */
export async function readJournals(
  tx: Tx,
  issuerId: string,
  closureIds: string[],
): Promise<Map<string, Journal>> {
  const rows = await tx
    .selectFrom('closure_step')
    .select(['closure_id', 'step', 'scope_id', 'attempt', 'state', 'key', 'answer'])
    .select(['intended_at', 'answered_at'])
    .where('issuer_id', '=', issuerId)
    .where('closure_id', 'in', closureIds)
    .orderBy('attempt')
    .execute()
  const journals = new Map<string, Journal>()
  for (const row of rows) {
    const journal: Journal = journals.get(row.closure_id) ?? new Map()
    journals.set(row.closure_id, journal)
    note(journal, {
      step: row.step as JournalName,
      scopeId: row.scope_id,
      attempt: row.attempt,
      state: row.state as JournalRow['state'],
      key: row.key,
      answer: row.answer as Proof | null,
      intendedAt: row.intended_at,
      answeredAt: row.answered_at,
    })
  }
  return journals
}

export function attempts(journal: Journal, step: JournalName, scopeId: string): JournalRow[] {
  return journal.get(place(step, scopeId)) ?? []
}

export function lastAttempt(journal: Journal, step: JournalName, scopeId: string): JournalRow | undefined {
  return attempts(journal, step, scopeId).at(-1)
}

/** What a step that is done has answered; undefined while it isn't. */
export function proofOf(journal: Journal, step: JournalName, scopeId: string): JournalRow | undefined {
  const last = lastAttempt(journal, step, scopeId)
  return last?.state === 'done' ? last : undefined
}

/** A fact of the answer that is text, e.g. `reference`; undefined when the answer has none. */
export function factOf(row: JournalRow | undefined, name: string): string | undefined {
  const value = row?.answer?.[name]
  return typeof value === 'string' ? value : undefined
}

/** A row as it will be written, with the keyed hash of what was asked. */
export type NewRow = { row: JournalRow; digest: Buffer | null }

/** Writes rows, new or changed, in one statement. */
export async function writeJournal(
  tx: Tx,
  where: { issuerId: string; closureId: string; worker: string },
  rows: NewRow[],
): Promise<void> {
  if (rows.length === 0) return
  const column = <T>(pick: (row: JournalRow) => T) => rows.map(({ row }) => pick(row))
  await sql`
    insert into closure_step (issuer_id, closure_id, step, scope_id, attempt, state, key, request_digest, answer, worker,
      intended_at, answered_at)
    select ${where.issuerId}, ${where.closureId}, r.step, r.scope_id, r.attempt, r.state, r.key, r.digest, r.answer::jsonb,
      ${where.worker}, r.intended_at, r.answered_at
      from unnest(${column((row) => row.step)}::text[], ${column((row) => row.scopeId)}::uuid[],
        ${column((row) => row.attempt)}::int[], ${column((row) => row.state)}::text[], ${column((row) => row.key)}::text[],
        ${rows.map(({ digest }) => digest)}::bytea[],
        ${column((row) => row.answer && JSON.stringify(row.answer))}::text[],
        ${column((row) => row.intendedAt)}::timestamptz[], ${column((row) => row.answeredAt)}::timestamptz[])
        as r (step, scope_id, attempt, state, key, digest, answer, intended_at, answered_at)
    on conflict (issuer_id, closure_id, step, scope_id, attempt) do update
      set state = excluded.state, answer = excluded.answer, answered_at = excluded.answered_at, worker = excluded.worker`.execute(
    tx,
  )
}

/** Keeps the journal at hand in step with what is written. */
export function note(journal: Journal, row: JournalRow): void {
  const at = place(row.step, row.scopeId)
  const others = (journal.get(at) ?? []).filter((known) => known.attempt !== row.attempt)
  journal.set(
    at,
    [...others, row].sort((a, b) => a.attempt - b.attempt),
  )
}
