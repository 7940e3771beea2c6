import { issuersNamed } from '../issuer/issuers-named.ts'
import type { Context } from '../platform/context.ts'
import { type Counts, minuteUtc, printList } from '../platform/print-list.ts'
import { numberFor } from './declare.ts'
import type { StepName } from './closure-view.ts'
import { type OpenClosure, openClosures } from './open-closures.ts'

export type OpenOptions = { issuer?: string; late?: boolean; blocked?: boolean; json?: boolean }

/** What is being done, as `leb status` says what is done. */
const doing: Record<StepName, string> = {
  identify: 'proof of identity',
  undo_window: 'time to undo',
  freeze: 'freezing the balance',
  drain_usage: 'waiting for late usage',
  settle: 'settling the balance',
  pay_out: 'paying the money back',
  cut_line: 'cutting the line',
  retire_esim: 'retiring the eSIM profile',
  keep_books: 'keeping the books',
  erase_person: 'erasing the person',
  certificate: 'sealing the certificate',
  tell: 'telling the holder',
}
const turns = { holder: 'the holder’s turn', staff: 'YOUR TURN', provider: 'the provider’s turn' }

/**
 * `leb status --open`: the closures that are not done, by issuer, the first that is due first. Answers the exit code.
 * Throws SetupError for an issuer that is not set up.
 */
export async function openClosuresCommand(
  ctx: Context,
  options: OpenOptions & { out?: (text: string) => void },
): Promise<number> {
  const { late = false, blocked = false, json = false } = options
  const issuers = await issuersNamed(ctx, options.issuer)
  const widest = Math.max(14, ...issuers.map((id) => numberFor(id, '2K7M-9QXCT').length))
  async function* all() {
    for (const issuerId of issuers) yield* openClosures(ctx, { issuerId, late, blocked })
  }
  return printList(all(), {
    json,
    out: options.out ?? ((text) => void process.stdout.write(text)),
    name: 'closures',
    head: `${'NUMBER'.padEnd(widest)}  ${'CARD OR ACCOUNT'.padEnd(23)}  DUE (UTC)`,
    lines: (one) => linesOf(one, widest),
    counts: { open: 0, late: 0, blocked: 0, staff: 0, holder: 0, provider: 0 },
    count,
    sums,
  })
}

function linesOf(one: OpenClosure, widest: number): string[] {
  const { number, covers, account, cards, dueAt, late, state, step, since, turn, why, blocks } = one
  const what =
    covers === 'account'
      ? `account ${account}`
      : `${cards[0] ?? '-'}${cards.length > 1 ? ` +${cards.length - 1}` : ''}`
  const more = blocks.length > 1 ? ` (and ${blocks.length - 1} more: leb status ${number})` : ''
  // Its deadline was kept; what is owed again came after it.
  const due = state === 'closed' ? 'closed' : `${minuteUtc(dueAt)}${late ? '  LATE' : ''}`
  // The most pressing block may be another step's, and be as old as that.
  const [first] = blocks
  const open = first && minuteUtc(first.since) !== minuteUtc(since) ? ` since ${minuteUtc(first.since)}` : ''
  const whose = turn === 'leb' ? '' : `${turns[turn]}${open}: `
  return [
    `${number.padEnd(widest)}  ${what.padEnd(23)}  ${due}`,
    `  ${doing[step]} since ${minuteUtc(since)}; ${whose}${why}${more}`,
  ]
}

/** By whose turn it is where something is blocked; a closure that waits for several counts for the first. */
function count({ late, blocks }: OpenClosure, counts: Counts): void {
  counts['open']!++
  if (late) counts['late']!++
  const [first] = blocks
  if (!first) return
  counts['blocked']!++
  counts[first.turn]!++
}

function sums({ open, late, blocked, staff, holder, provider }: Counts): string {
  if (open === 0) return 'No such closure is open'
  const whose = blocked === 0 ? '' : ` (yours ${staff}, holders’ ${holder}, providers’ ${provider})`
  return `${open} open, ${late} late, ${blocked} blocked${whose}`
}
