import { StepIcon } from '../../web/components/step-icon.tsx'
import { formatMoment } from '../../web/dates.ts'
import type { Lang } from '../../web/lang.ts'
import { type ClosureView, isPersonGone, type PayoutRoute, type StepView } from '../closure-view.ts'
import { isUnclaimed } from '../unclaimed-words.ts'
import { progressText } from './closure-text.ts'

const className = { waiting: 'waiting', current: 'current', done: 'is-done', blocked: 'blocked' }

/** The closure as a vertical line of steps in the holder's words, each with its time. */
export function Timeline({ view, lang }: { view: ClosureView; lang: Lang }) {
  const text = progressText[lang]
  return (
    <ol class="timeline">
      <li class="is-done">
        <StepIcon state="done" />
        <p class="what">{beganWords(view, lang)}</p>
        <p class="soft">{formatMoment(view.declaredAt, lang, view.zone)}</p>
      </li>
      {stepsToTell(view).map((step) => (
        <li class={className[step.state]} aria-current={step.state === 'current' ? 'step' : undefined}>
          <StepIcon state={step.state} />
          <StepWords view={view} step={step} lang={lang} />
        </li>
      ))}
      {view.undoneAt && (
        <li class="is-done">
          <StepIcon state="done" />
          <p class="what">{text.undone}</p>
          <p class="soft">{formatMoment(view.undoneAt, lang, view.zone)}</p>
        </li>
      )}
    </ol>
  )
}

/** What it began with: what the holder declared; or that the issuer decided it, and why. */
function beganWords(view: ClosureView, lang: Lang): string {
  const text = progressText[lang]
  if (view.identity !== 'issuer_decision') return text.declared
  if (view.cardEnded) return text.cardEnded
  return view.paysAsWithdrawal ? text.decidedInTime : text.decided
}

/**
 * Neither what an undone closure never came to, nor time to think it over that nobody was given; nor proof of what the
 * issuer decided, which is what it began with.
 */
function stepsToTell(view: ClosureView): StepView[] {
  return view.steps
    .filter((step) => view.state !== 'undone' || step.state === 'done')
    .filter((step) => view.identity !== 'issuer_decision' || step.step !== 'identify')
    .filter((step) => view.undoUntil !== null || step.step !== 'undo_window' || step.state === 'blocked')
}

function StepWords({ view, step, lang }: { view: ClosureView; step: StepView; lang: Lang }) {
  const text = progressText[lang]
  const words = text.steps[step.step]
  const isOn = step.state === 'current' || step.state === 'blocked'
  return (
    <>
      <p class="what">
        {step.state === 'done' ? doneWords(view, step, lang) : isOn ? words.now : words.ahead}
      </p>
      {step.at && <p class="soft">{formatMoment(step.at, lang, view.zone)}</p>}
      {isOn && view.cards.length > 1 && step.cardsDone > 0 && (
        <p>{text.ofCards(step.cardsDone, view.cards.length)}</p>
      )}
      {step.block && (
        <>
          <p>{isPersonGone(view) ? text.personGone : text.blocks[step.block.reason]}</p>
          <p class="soft">{formatMoment(step.block.since, lang, view.zone)}</p>
        </>
      )}
    </>
  )
}

/** "Money sent" stands only where money was sent, and "you have confirmed" where it was the holder who did. */
function doneWords(view: ClosureView, { step }: StepView, lang: Lang): string {
  const text = progressText[lang]
  if (step === 'identify' && view.provedBy === 'issuer') {
    if (!view.paysAsWithdrawal) return text.issuerDecided
    return view.act === 'withdraw' ? text.issuerTookUp : text.issuerDecidedInTime
  }
  const parts = view.cards.flatMap((card) => card.parts.filter((part) => part.state !== 'refused'))
  const has = (route: PayoutRoute) => parts.some((part) => part.route === route)
  if (step !== 'pay_out' || parts.length === 0) return text.steps[step].done
  if (has('original_payment') || has('bank_transfer'))
    return parts.some(isUnclaimed) ? text.paidOut.partly : text.steps[step].done
  if (has('voucher')) return text.paidOut.voucher
  if (parts.some(isUnclaimed)) return text.paidOut.unclaimed
  return has('kept') ? text.paidOut.kept : text.paidOut.nothing
}
