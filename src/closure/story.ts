import { createHmac } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../adapters/answer.ts'
import type { IssuerProviders } from '../adapters/providers.ts'
import type { Context } from '../platform/context.ts'
import type { Tx } from '../platform/db.ts'
import { clearBlocks, isBlocked, openBlock } from './blocks.ts'
import type { Case, CaseCard, CasePart } from './case.ts'
import type { Covers } from './closure-view.ts'
import { attempts, type JournalRow, lastAttempt } from './journal.ts'
import { type Block, earliest, type LocalStep, type OutsideStep, Pause, type Proof } from './step.ts'
import type { Turn } from './turn.ts'

/** How close.ts tells a closure: step by step, each durable, each at most once done. */
export type Story = {
  covers: Covers
  once<R, V>(step: LocalStep<null> | OutsideStep<null, R, V>): Promise<void>
  eachCard(tellCard: (card: CardStory) => Promise<void>): Promise<void>
  /** Throws Pause where money that came up after the certificate still waits; told last, for it holds nothing up. */
  rest(): void
}
export type CardStory = {
  step<R, V>(step: LocalStep<CaseCard> | OutsideStep<CaseCard, R, V>): Promise<void>
  /** Told once for each part of the card's money, also for those that take the place of a refused one. */
  payouts<R, V>(step: OutsideStep<CasePart, R, V>): Promise<void>
}

// Cards of one account told at the same time: enough to hide providers' latency, few enough for the pool.
const cards_at_once = 4
// Work that a provider finishes within this is waited for here; longer, and the closure goes back to the queue.
const wait_here_ms = 2_000
const longest_pause_seconds = 300
const silent_after_minutes = 15

export function tellStory(ctx: Context, told: Case, turn: Turn): Story {
  const late: Pause[] = []
  const unanswered: Pause[] = []
  return {
    covers: told.closure.covers as Covers,
    once: (step) => tellStep({ ctx, told, turn }, step, null, told.closure.closure_id),
    async eachCard(tellCard) {
      const tell = (card: CaseCard, own: Turn) =>
        tellCard(cardStory({ ctx, told, turn: own }, card, { late, unanswered }))
      const [only] = told.cards
      if (only && told.cards.length === 1) {
        await tell(only, turn)
        if (unanswered.length > 0) throw earliest(unanswered)
        return
      }
      await turn.commit()
      const pauses: Pause[] = []
      for (let at = 0; at < told.cards.length; at += cards_at_once) {
        const some = told.cards.slice(at, at + cards_at_once)
        const ends = await Promise.allSettled(some.map((card) => turn.beside((own) => tell(card, own))))
        for (const end of ends) {
          if (end.status === 'fulfilled') continue
          if (!(end.reason instanceof Pause)) throw end.reason
          pauses.push(end.reason)
        }
      }
      pauses.push(...unanswered)
      if (pauses.length > 0) throw earliest(pauses)
    },
    rest() {
      if (late.length > 0) throw earliest(late)
    },
  }
}

/** Pauses of payouts that the card does not wait for: after the certificate; while a holder does not answer. */
type PassedOver = { late: Pause[]; unanswered: Pause[] }

function cardStory(telling: Telling, card: CaseCard, { late, unanswered }: PassedOver): CardStory {
  const isCertified = telling.told.closure.state === 'closed'
  return {
    step: (step) => tellStep(telling, step, card, card.cardId),
    async payouts(step) {
      const pauses: Pause[] = []
      // The list grows while it is told: a part that was refused is followed by those that replace it.
      for (const part of card.parts) {
        if (part.state === 'refused') continue
        try {
          await tellStep(telling, step, { card, part }, part.partId)
        } catch (error) {
          if (!(error instanceof Pause)) throw error
          // Asked, and reminded to the last: line and eSIM don't wait for an account that may never be named.
          if (part.route === 'bank_transfer' && telling.told.closure.bank_reminders === 2 && !isCertified)
            unanswered.push(error)
          else pauses.push(error)
        }
      }
      // Claimed, or come back, after the certificate: its mail, and the address that goes with it, don't wait for it.
      if (isCertified) late.push(...pauses)
      else if (pauses.length > 0) throw earliest(pauses)
    },
  }
}

/** What every step is told with: the closure, and the transaction in which this worker's turn is held. */
type Telling = { ctx: Context; told: Case; turn: Turn }

async function tellStep<Scope, R, V>(
  telling: Telling,
  step: LocalStep<Scope> | OutsideStep<Scope, R, V>,
  scope: Scope,
  scopeId: string,
): Promise<void> {
  if (lastAttempt(telling.told.journal, step.name, scopeId)?.state === 'done') return
  if (step.kind === 'local') return tellLocal(telling, step, scope, scopeId)
  return tellOutside(telling, step, scope, scopeId)
}

/** A step without a provider: its effect and its record are one transaction. */
async function tellLocal<Scope>(telling: Telling, step: LocalStep<Scope>, scope: Scope, scopeId: string) {
  const { ctx, told } = telling
  const outcome = await telling.turn.write(async (tx) => {
    const result = await step.apply(ctx, tx, told, scope)
    if ('done' in result) {
      const row = newRow(ctx, told, step.name, scopeId)
      telling.turn.record({ ...row, state: 'done', answer: result.done, answeredAt: ctx.clock.now() })
    }
    return result
  })
  if ('wait' in outcome) throw new Pause(outcome.wait.until)
}

/** A step with a provider: intent, commit; call; answer and effect, commit. */
async function tellOutside<Scope, R, V>(
  telling: Telling,
  step: OutsideStep<Scope, R, V>,
  scope: Scope,
  scopeId: string,
): Promise<void> {
  const { ctx, told, turn } = telling
  const last = lastAttempt(told.journal, step.name, scopeId)
  const pending = last?.state === 'pending' ? last : undefined
  const intent = await turn.write(async (tx) => {
    // What was refused is asked again only after somebody has cleared the way.
    if (last?.state === 'refused' && (await isBlocked(tx, told, scopeId))) return undefined
    const plan = await step.prepare(ctx, tx, told, scope)
    const row = pending ?? newRow(ctx, told, step.name, scopeId)
    if ('block' in plan) await openBlock(ctx, tx, told, scopeId, plan.block)
    if ('skip' in plan) {
      turn.record({ ...row, state: 'done', answer: plan.skip, answeredAt: ctx.clock.now() })
      await clearBlocks(ctx, tx, told, scopeId)
    }
    if ('elsewhere' in plan)
      turn.record({ ...row, state: 'refused', answer: plan.elsewhere, answeredAt: ctx.clock.now() })
    if ('ask' in plan && !pending)
      turn.record(row, await digestOf(ctx, told, step.digestPart?.(plan.ask) ?? plan.ask))
    return { plan, row }
  })
  if (!intent) throw new Pause(null)
  const { plan, row } = intent
  if ('skip' in plan || 'elsewhere' in plan) return
  if ('block' in plan) throw new Pause(null)
  if ('wait' in plan) throw new Pause(plan.wait.until)

  // Whoever dies from here on has left word of what was asked.
  await turn.commit()
  const providers = ctx.providers.of(told.issuer.issuerId)
  const answer = await callOut(ctx, step, providers, plan.ask, row)
  await hear(telling, step, scope, row, answer)
}

/** Calls, and waits a moment for work that is about to be finished. */
async function callOut<Scope, R, V>(
  ctx: Context,
  step: OutsideStep<Scope, R, V>,
  providers: IssuerProviders,
  request: R,
  row: JournalRow,
): Promise<Answer<V>> {
  const ask = () => step.ask?.(providers, request, row.key) ?? step.call(ctx, providers, request, row.key)
  let answer = row.state === 'pending' ? await ask() : await step.call(ctx, providers, request, row.key)
  // Work that takes the provider long goes back to the queue at once; what is about to be done is asked for soon.
  for (let waited = 0, next = 40; waited < wait_here_ms; waited += next, next *= 2) {
    if (answer.kind !== 'pending' || answer.askAgainInMs > wait_here_ms) break
    await sleep(next)
    answer = await ask()
  }
  return answer
}

async function hear<Scope, R, V>(
  { ctx, told, turn }: Telling,
  step: OutsideStep<Scope, R, V>,
  scope: Scope,
  row: JournalRow,
  answer: Answer<V>,
): Promise<void> {
  const now = ctx.clock.now()
  const heard = (state: JournalRow['state'], proof: Proof) =>
    turn.record({ ...row, state, answer: proof, answeredAt: now })
  const pause = await turn.write(async (tx): Promise<Pause | undefined> => {
    switch (answer.kind) {
      case 'done': {
        const proof = await step.done(ctx, tx, told, scope, answer.value)
        heard('done', { ...proof, evidence: answer.evidence })
        await clearBlocks(ctx, tx, told, row.scopeId)
        return undefined
      }
      case 'pending':
        heard('pending', { evidence: answer.evidence })
        return new Pause(later(now, Math.max(answer.askAgainInMs / 1000, 1)))
      case 'unknown':
        heard('unknown', { reason: answer.reason })
        return await silence(ctx, tx, told, row)
      case 'refused': {
        const said = { code: answer.code, reason: answer.reason, evidence: answer.evidence }
        if (await step.elsewhere?.(ctx, tx, told, scope, answer.code)) {
          heard('refused', said)
          await clearBlocks(ctx, tx, told, row.scopeId)
          return undefined
        }
        const next = step.refused(answer.code)
        if ('unconfirmed' in next) {
          await step.passed?.(ctx, tx, told, scope)
          heard('done', { ...next.unconfirmed, ...said, unconfirmed: true })
          return undefined
        }
        heard('refused', said)
        await openBlock(ctx, tx, told, row.scopeId, next.block)
        return new Pause(null)
      }
    }
  })
  if (pause) throw pause
}

/** No usable answer: asked again after 1, 2, 4 … 300 seconds, for ever; after a while staff see it. */
async function silence(ctx: Context, tx: Tx, told: Case, row: JournalRow): Promise<Pause> {
  const now = ctx.clock.now()
  const since = attempts(told.journal, row.step, row.scopeId).filter((a) => a.state === 'unknown')
  const first = since[0]?.intendedAt ?? now
  if (now.getTime() - first.getTime() > silent_after_minutes * 60_000) {
    await openBlock(ctx, tx, told, row.scopeId, {
      reason: 'provider_silent',
      owner: 'provider',
    } satisfies Block)
  }
  return new Pause(later(now, Math.min(2 ** Math.min(since.length - 1, 10), longest_pause_seconds)))
}

/** A key lives through every repetition; only after a refusal that was cleared does a new one begin. */
function newRow(ctx: Context, told: Case, step: JournalRow['step'], scopeId: string): JournalRow {
  const before = attempts(told.journal, step, scopeId)
  const round = before.filter((row) => row.state === 'refused').length
  const { closure_id } = told.closure
  const place = scopeId === closure_id ? closure_id : `${closure_id}:${scopeId}`
  return {
    step,
    scopeId,
    attempt: (before.at(-1)?.attempt ?? 0) + 1,
    state: 'intent',
    key: `${place}:${step}${round > 0 ? `:${round}` : ''}`,
    answer: null,
    intendedAt: ctx.clock.now(),
    answeredAt: null,
  }
}

/** Keyed, because a plain hash of a phone number gives the number away. */
async function digestOf(ctx: Context, told: Case, request: unknown): Promise<Buffer> {
  const { indexKey } = await ctx.keys.vault(told.issuer.issuerId)
  const text = JSON.stringify(request, (_, value) =>
    typeof value === 'bigint' ? value.toString() : (value as unknown),
  )
  return createHmac('sha256', indexKey).update(`request:${text}`).digest()
}

function later(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000)
}
