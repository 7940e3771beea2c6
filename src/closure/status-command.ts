import { decimal } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import type { Config } from '../platform/env.ts'
import { SetupError } from '../platform/errors.ts'
import { withContext } from '../with-context.ts'
import type { ClosureView, PartView, StepName } from './closure-view.ts'
import { findByNumber } from './find-by-number.ts'
import { readJournal } from './journal.ts'
import { openClosuresCommand, type OpenOptions } from './open-closures-command.ts'

/** Plain words for a terminal. */
const stepWords: Record<StepName, string> = {
  identify: 'identity proved',
  undo_window: 'time to undo over',
  freeze: 'balance frozen',
  drain_usage: 'late usage waited for',
  settle: 'balance settled',
  pay_out: 'money paid back',
  cut_line: 'line off for good',
  retire_esim: 'eSIM profile retired',
  keep_books: 'books kept',
  erase_person: 'person erased',
  certificate: 'certificate sealed',
  tell: 'holder told',
}
/** `provedBy` is not told by the API. */
type Began = Pick<ClosureView, 'identity' | 'undoUntil'> & Partial<Pick<ClosureView, 'provedBy'>>

/**
 * Nobody proved who they are where the issuer decided; and whoever had the closing start at once was given no time to
 * undo that could be over.
 */
export function wordsFor(step: StepName, { identity, provedBy, undoUntil }: Began): string {
  if (step === 'identify' && identity === 'issuer_decision') return 'decided by the issuer'
  if (step === 'identify' && provedBy === 'issuer') return 'decided without a code'
  return step === 'undo_window' && undoUntil === null ? 'closing started at once' : stepWords[step]
}

const signs = { done: '✓', current: '…', blocked: '!', waiting: '·' }

/** `leb status NUMBER`: the timeline, or all of it as JSON with the journal; `leb status --open`: those not done. */
export function statusCommand(
  config: Config,
  number: string | undefined,
  { open, ...options }: OpenOptions & { open?: boolean },
): Promise<number> {
  return withContext(config, async (ctx) => {
    if (open && number === undefined) return openClosuresCommand(ctx, options)
    if (open || number === undefined || options.issuer || options.late || options.blocked)
      throw new SetupError(
        'status takes the NUMBER of a closure; or --open, with or without --issuer, --late, --blocked',
      )
    const view = await findByNumber(ctx, number)
    const text = options.json
      ? JSON.stringify({ ...view, journal: await journalOf(ctx, view) })
      : inWords(view)
    process.stdout.write(`${text}\n`)
    return 0
  })
}

/** Every row of evidence of a closure, oldest first. Nothing personal stands in it. */
export async function journalOf(ctx: Context, view: ClosureView) {
  const journal = await inIssuer(ctx.db, view.issuerId, (tx) =>
    readJournal(tx, view.issuerId, view.closureId),
  )
  return [...journal.values()].flat().sort((a, b) => a.intendedAt.getTime() - b.intendedAt.getTime())
}

export function inWords(view: ClosureView): string {
  const head = [
    `${view.number}  ${view.state}${view.late ? ' (late)' : ''}  ${view.covers === 'account' ? 'account' : 'card of account'} ${view.accountRef}`,
    `${view.identity === 'issuer_decision' ? 'decided by the issuer' : 'declared'} ${view.declaredAt.toISOString()}, due ${view.dueAt.toISOString()}, policy ${view.policyVersion}`,
  ]
  const steps = view.steps.map((step) => {
    const { reason, owner, since } = step.block ?? {}
    const block = reason && `${reason}: ${owner}'s turn since ${since!.toISOString()}`
    const words = `  ${signs[step.state]} ${wordsFor(step.step, view)}`
    const more = [step.at?.toISOString(), block].filter((text) => text).join('  ')
    return more ? `${words.padEnd(28)} ${more}` : words
  })
  const cards = view.cards.flatMap((card) => [
    `  card ${card.iccid} ${card.plan}`,
    ...card.parts.filter(({ state }) => state !== 'refused').map(partInWords),
    ...(card.isOwedInDoubt
      ? [
          `    the payer's bank took back since what it was paid with: leb payout charged-back, or leb paid … --owed`,
        ]
      : []),
  ])
  return [...head, ...steps, ...cards].join('\n')
}

/** With its decimals: whoever takes cents for euros sends a hundredfold. */
function partInWords({ route, amount, state, reference, claimUntil }: PartView): string {
  const sum = decimal({ ...amount, amount: BigInt(amount.amount) })
  return `    ${route} ${sum} ${amount.currency} ${state}${reference ? ` ${reference}` : ''}${claimUntil ? `, no account was named: claimable until ${claimUntil} at least` : ''}`
}
