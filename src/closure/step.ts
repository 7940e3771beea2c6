import type { Answer, Evidence } from '../adapters/answer.ts'
import type { IssuerProviders } from '../adapters/providers.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import type { Case, CaseCard } from './case.ts'
import type { BlockReason, StepName } from './closure-view.ts'

/** What may stand in the journal as an answer: plain, and nothing personal. */
export type Proof = Record<string, string | number | boolean | null | Evidence>

/** The name in the journal; `resume_line` is told only when a closure was undone. */
export type JournalName = StepName | 'resume_line'

/** A step whose work is in our own database: one transaction does and records it. */
export type LocalStep<Scope> = {
  kind: 'local'
  name: JournalName
  /** Answers what was done, or how long there is nothing to do (`until: null`: until a person acts). */
  apply(
    ctx: Context,
    tx: Tx,
    told: Case,
    scope: Scope,
  ): Promise<{ done: Proof } | { wait: { until: Date | null } }>
}

/** A step whose work is somebody else's: intent, call, answer, each recorded before the next begins. */
export type OutsideStep<Scope, Request, Value> = {
  kind: 'outside'
  name: JournalName
  /**
   * In the transaction that writes the intent: what will be asked; or that nothing need be asked; or that it
   * can't be asked before somebody has acted; or that it must be looked at again later; or that it was found to be
   * impossible and goes another way, which is prepared already.
   */
  prepare(
    ctx: Context,
    tx: Tx,
    told: Case,
    scope: Scope,
  ): Promise<
    { ask: Request } | { skip: Proof } | { block: Block } | { wait: { until: Date } } | { elsewhere: Proof }
  >
  /** Outside any transaction. The same key may be called any number of times. */
  call(ctx: Context, providers: IssuerProviders, request: Request, key: string): Promise<Answer<Value>>
  /** How pending work stands; without it `call` is repeated. */
  ask?(providers: IssuerProviders, request: Request, key: string): Promise<Answer<Value>>
  /** In the transaction that writes the answer: its effect, and what of it goes into the journal. */
  done(ctx: Context, tx: Tx, told: Case, scope: Scope, value: Value): Promise<Proof>
  /** In the transaction that writes a refusal: true when the work goes another way by itself, and how was written. */
  elsewhere?(ctx: Context, tx: Tx, told: Case, scope: Scope, code: string): Promise<boolean>
  /** A refusal stops this card until someone clears the block, or is recorded as unconfirmed and passed. */
  refused(code: string): { block: Block } | { unconfirmed: Proof }
  /** In the transaction that passes an unconfirmed refusal: what must happen all the same. */
  passed?(ctx: Context, tx: Tx, told: Case, scope: Scope): Promise<void>
  /** The part of a request that its digest is taken of, where the whole is large. */
  digestPart?(request: Request): unknown
}

export type Block = { reason: BlockReason; owner: 'holder' | 'staff' | 'provider' }

export type CardStep<Request = never, Value = never> =
  LocalStep<CaseCard> | OutsideStep<CaseCard, Request, Value>
export type ClosureStep<Request = never, Value = never> = LocalStep<null> | OutsideStep<null, Request, Value>

/** Ends the telling for now; `until` null means that a person's act will queue the next look. */
export class Pause extends Error {
  readonly until: Date | null
  constructor(until: Date | null) {
    super('paused')
    this.until = until
  }
}

/** The look that comes first; null (a person's turn) only when every one of them waits for a person. */
export function earliest(pauses: Pause[]): Pause {
  const times = pauses.flatMap(({ until }) => (until ? [until.getTime()] : []))
  return new Pause(times.length > 0 ? new Date(Math.min(...times)) : null)
}

/** Another worker tells this closure now, or it was undone: whoever meets this stops without writing. */
export class Superseded extends Error {}
