import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../adapters/answer.ts'
import { earliest, Pause, type Proof, Superseded } from '../closure/step.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer, type Tx } from '../platform/db.ts'
import { holdOrder, noteOrder, type OrderCase, type RefundReason } from './order-case.ts'
import { attemptsAt, lastOf, type OrderJournalRow, writeOrderJournal } from './order-journal.ts'
import { type LocalOrderStep, type OrderStep, type OutsideOrderStep, TurnsBack } from './order-step.ts'
import type { PayBy } from './pay-ways.ts'
import type { OrderKind } from './quote.ts'

/** How fulfil.ts tells an order: step by step, each durable, each at most once done (as src/closure/story.ts). */
export type OrderStory = {
  sells: OrderKind
  payBy: PayBy
  step<R, V>(step: OrderStep<R, V>): Promise<void>
  /** Asked for, and not answered in a way that helps. */
  isOpen<R, V>(step: OrderStep<R, V>): boolean
  /** Tells each, whatever holds the others up. What did is thrown in the end: an error, else the earliest pause. */
  each(...lanes: (() => Promise<void>)[]): Promise<void>
}

// Work that a provider finishes within this is waited for here; longer, and the order goes back to the queue.
const wait_here_ms = 2_000
const longest_pause_seconds = 300

export function tellOrderStory(ctx: Context, told: OrderCase): OrderStory {
  return {
    sells: told.order.kind as OrderKind,
    payBy: told.order.pay_by as PayBy,
    async step(step) {
      if (lastOf(told.journal, step.name)?.state === 'done') return
      if (step.kind === 'local') return tellLocal(ctx, told, step)
      return tellOutside(ctx, told, step)
    },
    isOpen(step) {
      const last = lastOf(told.journal, step.name)
      return last !== undefined && last.state !== 'done' && last.state !== 'refused'
    },
    each: tellEach,
  }
}

async function tellEach(...lanes: (() => Promise<void>)[]): Promise<void> {
  const pauses: Pause[] = []
  const errors: unknown[] = []
  for (const lane of lanes)
    try {
      await lane()
    } catch (error) {
      if (error instanceof Superseded) throw error
      if (error instanceof Pause) pauses.push(error)
      else errors.push(error)
    }
  if (errors.length > 0) throw errors[0]
  if (pauses.length > 0) throw earliest(pauses)
}

async function tellLocal(ctx: Context, told: OrderCase, step: LocalOrderStep): Promise<void> {
  const end = await turn(ctx, told, async (tx): Promise<Pause | TurnsBack | undefined> => {
    const result = await step.apply(ctx, tx, told)
    if ('giveBack' in result) return turnBack(tx, told, result.giveBack)
    if ('wait' in result) return new Pause(null)
    await write(ctx, tx, told, { ...newRow(ctx, told, step.name), ...answered(ctx, result.done) })
    return undefined
  })
  if (end) throw end
}

async function tellOutside<R, V>(ctx: Context, told: OrderCase, step: OutsideOrderStep<R, V>): Promise<void> {
  const last = lastOf(told.journal, step.name)
  const pending = last?.state === 'pending' ? last : undefined
  const { plan, row } = await turn(ctx, told, async (tx) => {
    const next = await step.prepare(ctx, tx, told)
    const begun = pending ?? newRow(ctx, told, step.name)
    if ('skip' in next) await write(ctx, tx, told, { ...begun, ...answered(ctx, next.skip) })
    if ('giveBack' in next) await turnBack(tx, told, next.giveBack)
    if ('ask' in next && !pending) await write(ctx, tx, told, begun, await digestOf(ctx, told, next.ask))
    return { plan: next, row: begun }
  })
  if ('skip' in plan) return
  if ('giveBack' in plan) throw new TurnsBack()
  if ('wait' in plan) throw new Pause(null)
  const answer = await callOut(ctx, told, step, plan.ask, row)
  await hear(ctx, told, step, row, answer)
}

async function callOut<R, V>(
  ctx: Context,
  told: OrderCase,
  step: OutsideOrderStep<R, V>,
  request: R,
  row: OrderJournalRow,
): Promise<Answer<V>> {
  const providers = ctx.providers.of(told.issuer.issuerId)
  const ask = () => step.ask?.(providers, request, row.key) ?? step.call(providers, request, row.key)
  let answer = row.state === 'pending' ? await ask() : await step.call(providers, request, row.key)
  for (let waited = 0, next = 40; waited < wait_here_ms; waited += next, next *= 2) {
    if (answer.kind !== 'pending' || answer.askAgainInMs > wait_here_ms) break
    await sleep(next)
    answer = await ask()
  }
  return answer
}

async function hear<R, V>(
  ctx: Context,
  told: OrderCase,
  step: OutsideOrderStep<R, V>,
  row: OrderJournalRow,
  answer: Answer<V>,
): Promise<void> {
  const now = ctx.clock.now()
  const heard = (tx: Tx, state: OrderJournalRow['state'], proof: Proof) =>
    write(ctx, tx, told, { ...row, state, answer: proof, answeredAt: now })
  const end = await turn(ctx, told, async (tx): Promise<Pause | TurnsBack | undefined> => {
    switch (answer.kind) {
      case 'done':
        await heard(tx, 'done', {
          ...(await step.done(ctx, tx, told, answer.value)),
          evidence: answer.evidence,
        })
        return undefined
      case 'pending':
        await heard(tx, 'pending', { evidence: answer.evidence })
        return new Pause(later(now, Math.max(answer.askAgainInMs / 1000, 1)))
      case 'unknown': {
        await heard(tx, 'unknown', { reason: answer.reason })
        const tries = attemptsAt(told.journal, row.step).filter((one) => one.state === 'unknown').length
        return new Pause(later(now, Math.min(2 ** Math.min(tries - 1, 10), longest_pause_seconds)))
      }
      case 'refused': {
        const next = step.refused(answer.code)
        const said = { code: answer.code, reason: answer.reason, evidence: answer.evidence }
        await step.noted?.(ctx, tx, told, answer.code)
        if ('pass' in next) {
          await heard(tx, 'done', { ...next.pass, ...said })
          return undefined
        }
        await heard(tx, 'refused', said)
        return 'giveBack' in next ? turnBack(tx, told, next.giveBack) : new Pause(null)
      }
    }
  })
  if (end) throw end
}

async function turnBack(tx: Tx, told: OrderCase, reason: RefundReason): Promise<TurnsBack> {
  await noteOrder(tx, told, { state: 'refunding', refund_reason: reason })
  return new TurnsBack()
}

/** One transaction in which this worker's turn is held. */
function turn<T>(ctx: Context, told: OrderCase, work: (tx: Tx) => Promise<T>): Promise<T> {
  return inIssuer(ctx.db, told.issuer.issuerId, async (tx) => {
    await holdOrder(tx, told)
    return work(tx)
  })
}

/** A key lives through every repetition; only after a refusal does a new one begin. */
function newRow(ctx: Context, told: OrderCase, step: OrderJournalRow['step']): OrderJournalRow {
  const before = attemptsAt(told.journal, step)
  const round = before.filter((row) => row.state === 'refused').length
  return {
    step,
    attempt: (before.at(-1)?.attempt ?? 0) + 1,
    state: 'intent',
    key: `${told.order.order_id}:${step}${round > 0 ? `:${round}` : ''}`,
    answer: null,
    intendedAt: ctx.clock.now(),
    answeredAt: null,
  }
}

const answered = (ctx: Context, proof: Proof) => ({
  state: 'done' as const,
  answer: proof,
  answeredAt: ctx.clock.now(),
})

function write(
  ctx: Context,
  tx: Tx,
  told: OrderCase,
  row: OrderJournalRow,
  digest: Buffer | null = null,
): Promise<void> {
  const { issuer_id: issuerId, order_id: orderId } = told.order
  return writeOrderJournal(tx, told.journal, { issuerId, orderId, worker: ctx.worker, digest }, row)
}

/** Keyed, because a matching id opens a profile. */
async function digestOf(ctx: Context, told: OrderCase, request: unknown): Promise<Buffer> {
  const { indexKey } = await ctx.keys.vault(told.issuer.issuerId)
  const text = JSON.stringify(request, (_, value) =>
    typeof value === 'bigint' ? value.toString() : (value as unknown),
  )
  return createHmac('sha256', indexKey).update(`request:${text}`).digest()
}

function later(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}
