import type { Answer } from '../adapters/answer.ts'
import type { IssuerProviders } from '../adapters/providers.ts'
import type { Proof } from '../closure/step.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import type { OrderCase, RefundReason } from './order-case.ts'
import type { OrderStepName } from './order-journal.ts'

/** It can't be delivered, whatever is tried: the money goes back. */
export type GiveBack = { giveBack: RefundReason }

/** A step whose work is in our own database: one transaction does and records it. */
export type LocalOrderStep = {
  kind: 'local'
  name: OrderStepName
  apply(ctx: Context, tx: Tx, told: OrderCase): Promise<{ done: Proof } | { wait: 'a person' } | GiveBack>
}

/** A step whose work is somebody else's: intent, call, answer, each recorded before the next begins. */
export type OutsideOrderStep<Request, Value> = {
  kind: 'outside'
  name: OrderStepName
  prepare(
    ctx: Context,
    tx: Tx,
    told: OrderCase,
  ): Promise<{ ask: Request } | { skip: Proof } | { wait: 'a person' } | GiveBack>
  /** Outside any transaction. The same key may be called any number of times. */
  call(providers: IssuerProviders, request: Request, key: string): Promise<Answer<Value>>
  /** How pending work stands; without it `call` is repeated. */
  ask?(providers: IssuerProviders, request: Request, key: string): Promise<Answer<Value>>
  /** In the transaction that writes the answer: its effect, and what of it goes into the journal (nothing personal). */
  done(ctx: Context, tx: Tx, told: OrderCase, value: Value): Promise<Proof>
  /** What a refusal means: the money goes back, it is recorded and passed, or a person must look. */
  refused(code: string): GiveBack | { pass: Proof } | { wait: 'a person' }
  /** In the transaction that writes a refusal. */
  noted?(ctx: Context, tx: Tx, told: OrderCase, code: string): Promise<void>
}

export type OrderStep<Request = never, Value = never> = LocalOrderStep | OutsideOrderStep<Request, Value>

/** Ends the delivery: it turns into a refund, which the next telling does. */
export class TurnsBack extends Error {
  constructor() {
    super('turns back')
  }
}
