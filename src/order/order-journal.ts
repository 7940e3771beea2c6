import { sql } from 'kysely'
import type { Proof } from '../closure/step.ts'
import type { Tx } from '../platform/db.ts'

export type OrderStepName =
  | 'check'
  | 'reserve_profile'
  | 'confirm_profile'
  | 'deliver'
  | 'retire_profile'
  | 'owe_back'
  | 'let_go'
  | 'refund'
  | 'tell_refund'

/** The order's evidence: one row a step and attempt, as a closure's (src/closure/journal.ts). */
export type OrderJournalRow = {
  step: OrderStepName
  attempt: number
  state: 'intent' | 'done' | 'pending' | 'refused' | 'unknown'
  key: string
  answer: Proof | null
  intendedAt: Date
  answeredAt: Date | null
}
/** Attempts in order, by step. Kept in step with what is written. */
export type OrderJournal = Map<OrderStepName, OrderJournalRow[]>

export async function readOrderJournal(tx: Tx, issuerId: string, orderId: string): Promise<OrderJournal> {
  const rows = await tx
    .selectFrom('order_step')
    .select(['step', 'attempt', 'state', 'key', 'answer', 'intended_at', 'answered_at'])
    .where('issuer_id', '=', issuerId)
    .where('order_id', '=', orderId)
    .orderBy('attempt')
    .execute()
  const journal: OrderJournal = new Map()
  for (const row of rows) {
    keep(journal, {
      step: row.step as OrderStepName,
      attempt: row.attempt,
      state: row.state as OrderJournalRow['state'],
      key: row.key,
      answer: row.answer as Proof | null,
      intendedAt: row.intended_at,
      answeredAt: row.answered_at,
    })
  }
  return journal
}

export function attemptsAt(journal: OrderJournal, step: OrderStepName): OrderJournalRow[] {
  return journal.get(step) ?? []
}

export function lastOf(journal: OrderJournal, step: OrderStepName): OrderJournalRow | undefined {
  return attemptsAt(journal, step).at(-1)
}

/** A fact of a step that is done, e.g. `iccid`; undefined when there is none. */
export function doneFact(journal: OrderJournal, step: OrderStepName, name: string): string | undefined {
  const last = lastOf(journal, step)
  const value = last?.state === 'done' ? last.answer?.[name] : undefined
  return typeof value === 'string' ? value : undefined
}

type Where = { issuerId: string; orderId: string; worker: string; digest: Buffer | null }

/** Writes a row, new or changed, in the database and in the journal at hand. */
export async function writeOrderJournal(
  tx: Tx,
  journal: OrderJournal,
  where: Where,
  row: OrderJournalRow,
): Promise<void> {
  await sql`
    insert into order_step (issuer_id, order_id, step, attempt, state, key, request_digest, answer, worker,
      intended_at, answered_at)
    values (${where.issuerId}, ${where.orderId}, ${row.step}, ${row.attempt}, ${row.state}, ${row.key},
      ${where.digest}, ${row.answer && JSON.stringify(row.answer)}::jsonb, ${where.worker}, ${row.intendedAt},
      ${row.answeredAt})
    on conflict (issuer_id, order_id, step, attempt) do update
      set state = excluded.state, answer = excluded.answer, answered_at = excluded.answered_at,
          worker = excluded.worker`.execute(tx)
  keep(journal, row)
}

function keep(journal: OrderJournal, row: OrderJournalRow): void {
  const others = attemptsAt(journal, row.step).filter((known) => known.attempt !== row.attempt)
  journal.set(
    row.step,
    [...others, row].sort((a, b) => a.attempt - b.attempt),
  )
}
