import { sql } from 'kysely'
import type { Context } from '../platform/context.ts'
import { beginInIssuer, mayBeTriedAgain, type OpenTx, type Tx } from '../platform/db.ts'
import type { Case } from './case.ts'
import { type JournalRow, type NewRow, note, writeJournal } from './journal.ts'
import { Pause, Superseded } from './step.ts'

/** When a turn is kept: before anybody outside is called, or after every step. */
export type Commits = 'before_calls' | 'after_each_step'

/**
 * The transaction in which a worker writes what it tells. It stays open from one answer to the next question, so
 * that an answer, the steps of our own after it and the next intent are one commit; it is closed before anybody
 * outside is called, and whenever the telling rests. A worker whose turn was taken writes nothing.
 */
export class Turn {
  readonly #ctx: Context
  readonly #told: Case
  readonly #commits: Commits
  #open: OpenTx | undefined
  #unwritten: NewRow[] = []

  /** @param open a transaction in which the closure is already held */
  constructor(ctx: Context, told: Case, commits: Commits, open?: OpenTx) {
    this.#ctx = ctx
    this.#told = told
    this.#commits = commits
    this.#open = open
  }

  /** Throws Superseded when the closure was undone or is told by another worker. */
  async write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      this.#open ??= await this.#hold()
      const result = await work(this.#open.tx)
      if (this.#commits === 'after_each_step') await this.commit()
      return result
    } catch (error) {
      await this.drop()
      // Nothing was written; the look that comes now reads what the other one wrote.
      throw mayBeTriedAgain(error) ? new Superseded() : error
    }
  }

  /** A row of the journal, written with the others of this turn when it is kept. */
  record(row: JournalRow, digest: Buffer | null = null): void {
    note(this.#told.journal, row)
    const others = this.#unwritten.filter(({ row: known }) => !isSame(known, row))
    this.#unwritten = [...others, { row, digest }]
  }

  async commit(): Promise<void> {
    const open = this.#open
    if (!open) return
    try {
      const { issuer_id, closure_id } = this.#told.closure
      const where = { issuerId: issuer_id, closureId: closure_id, worker: this.#ctx.worker }
      await writeJournal(open.tx, where, this.#unwritten)
    } catch (error) {
      await this.drop()
      throw error
    }
    this.#open = undefined
    this.#unwritten = []
    await open.commit()
  }

  async drop(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    this.#unwritten = []
    // A lost connection has rolled back by itself.
    await open?.rollback().catch(() => undefined)
  }

  /** A turn of its own for one card, kept when the card's telling ends or rests. */
  async beside(tell: (own: Turn) => Promise<void>): Promise<void> {
    const own = new Turn(this.#ctx, this.#told, this.#commits)
    try {
      await tell(own)
    } catch (error) {
      if (error instanceof Pause) await own.commit()
      else await own.drop()
      throw error
    }
    await own.commit()
  }

  async #hold(): Promise<OpenTx> {
    const open = await beginInIssuer(this.#ctx.db, this.#told.issuer.issuerId)
    try {
      await holdTurn(open.tx, this.#told)
      return open
    } catch (error) {
      await open.rollback().catch(() => undefined)
      throw error
    }
  }
}

/**
 * Fencing: locks the closure and makes sure that it is still ours to tell, so that a worker that was taken for dead,
 * or one that missed an undo, changes nothing. Throws Superseded.
 */
async function holdTurn(tx: Tx, told: Case): Promise<void> {
  const { issuer_id, closure_id, version } = told.closure
  const { rows } = await sql`
    select 1 from closure where issuer_id = ${issuer_id} and closure_id = ${closure_id} and version = ${version}
    for no key update`.execute(tx)
  if (rows.length === 0) throw new Superseded()
}

function isSame(a: JournalRow, b: JournalRow): boolean {
  return a.step === b.step && a.scopeId === b.scopeId && a.attempt === b.attempt
}
