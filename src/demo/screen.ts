import type { ClosureView, StepView } from '../closure/closure-view.ts'
import { wordsFor } from '../closure/status-command.ts'

/** What the demo shows while a card is closed: every step with its time, redrawn on a terminal, a line each elsewhere. */
export type Screen = {
  say(words: string, ms?: number): void
  progress(view: ProgressView): void
  done(): void
}
export type ProgressView = Pick<ClosureView, 'state' | 'identity' | 'undoUntil'> & {
  steps: Pick<StepView, 'step' | 'state' | 'at'>[]
}

const signs = { done: '✓', current: '…', blocked: '!', waiting: '·' }

export function openScreen(terminal: boolean, write: (text: string) => void, now: () => Date): Screen {
  const began = now().getTime()
  const shown = new Set<string>()
  let drawn = 0
  return {
    say(words, ms) {
      write(`${words}${ms === undefined ? '' : `  ${seconds(ms)}`}\n`)
    },
    progress(view) {
      const lines = view.steps.map((step) => line(step, view))
      if (terminal) {
        write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.map((text) => `\u001b[2K${text}\n`).join('')}`)
        drawn = lines.length
        return
      }
      for (const step of view.steps) {
        if (step.state !== 'done' || shown.has(step.step)) continue
        shown.add(step.step)
        write(`${line(step, view)}\n`)
      }
    },
    done() {
      write(`\ndone in ${seconds(now().getTime() - began)}\n`)
    },
  }
}

function line(step: ProgressView['steps'][number], view: ProgressView): string {
  const sign = signs[step.state]
  return `    ${sign} ${wordsFor(step.step, view).padEnd(26)} ${step.at ? took(step, view) : ''}`
}

/** Since the step before it. */
function took(step: ProgressView['steps'][number], view: ProgressView): string {
  const at = view.steps.findIndex((other) => other.step === step.step)
  const before = view.steps[at - 1]?.at
  return before && step.at ? seconds(step.at.getTime() - before.getTime()) : ''
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(Math.round(ms / 10) / 100).toString()} s`
}
