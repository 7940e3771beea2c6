import type { ClosureView, PartView, StepView } from '../closure/closure-view.ts'
import { wordsFor } from '../closure/status-command.ts'
import { formatMoney } from '../ledger/money.ts'

/** What the demo shows while a card is closed: every step with its time, redrawn on a terminal, a line each elsewhere. */
export type Screen = {
  say(words: string, ms?: number): void
  progress(view: ProgressView): void
  done(): void
}
export type ProgressView = Pick<ClosureView, 'state' | 'identity' | 'undoUntil' | 'declaredAt'> & {
  steps: Pick<StepView, 'step' | 'state' | 'at'>[]
  cards: { parts: Pick<PartView, 'route' | 'amount' | 'state' | 'reference'>[] }[]
}

// Times stand in one column, as far to the right as the longest of the lines before them.
const time_column = 56

const signs = { done: '✓', current: '…', blocked: '!', waiting: '·' }

export function openScreen(terminal: boolean, write: (text: string) => void, now: () => Date): Screen {
  const began = now().getTime()
  const shown = new Set<string>()
  let drawn = 0
  return {
    say(words, ms) {
      write(`${ms === undefined ? words : `${words.padEnd(time_column)}  ${seconds(ms)}`}\n`)
    },
    progress(view) {
      if (isBetween(view)) return
      const lines = view.steps.flatMap((step) => linesOf(step, view))
      if (terminal) {
        write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.map((text) => `\u001b[2K${text}\n`).join('')}`)
        drawn = lines.length
        return
      }
      for (const step of view.steps) {
        if (step.state !== 'done' || shown.has(step.step)) continue
        shown.add(step.step)
        write(`${linesOf(step, view).join('\n')}\n`)
      }
    },
    done() {
      write(`\ndone in ${seconds(now().getTime() - began)}\n`)
    },
  }
}

/** The step and, below it, each part of the money: narrow enough for a terminal that is redrawn by lines. */
function linesOf(step: ProgressView['steps'][number], view: ProgressView): string[] {
  const words = `    ${signs[step.state]} ${wordsFor(step.step, view)}`
  const own = step.at ? `${words.padEnd(time_column)}  ${took(step, view)}` : words
  return step.step === 'pay_out' && step.state === 'done' ? [own, ...paid(view)] : [own]
}

/** The look fell between a part and its step: the next one, in a moment, has both. */
function isBetween({ steps, cards }: ProgressView): boolean {
  const isDone = steps.some(({ step, state }) => step === 'pay_out' && state === 'done')
  const parts = cards.flatMap((card) => card.parts)
  return isDone && parts.some(({ route, state }) => route === 'original_payment' && state === 'waiting')
}

/** What went back, and what the provider calls it. */
function paid({ cards }: ProgressView): string[] {
  return cards
    .flatMap(({ parts }) => parts)
    .filter(({ state }) => state === 'sent' || state === 'paid')
    .map(({ amount, reference }) => {
      const sum = formatMoney({ ...amount, amount: BigInt(amount.amount) }, 'en')
      return `        ${sum}${reference === null ? '' : `, ${reference}`}`
    })
}

/** Since the step before it, the first one since the declaration. */
function took({ step, at }: ProgressView['steps'][number], view: ProgressView): string {
  const before = view.steps[view.steps.findIndex((other) => other.step === step) - 1]
  const since = before ? before.at : view.declaredAt
  return since && at ? seconds(at.getTime() - since.getTime()) : ''
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(Math.round(ms / 10) / 100).toString()} s`
}
