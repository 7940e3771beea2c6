import { progressBar } from '../card/progress-bar.ts'
import type { Context } from '../platform/context.ts'
import { SetupError } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import { type KnownOutcome, outcomeWords } from './outcome.ts'
import { importUsage, type UsageReject, usageRejectReasons, type UsageSummary } from './import-usage.ts'

export type ImportUsageCommand = {
  file: string
  rejects: string
  json: boolean
  /** Draw a progress bar on standard error; the caller says so when that is a terminal. */
  progress: boolean
  out?: (text: string) => void
  err?: (text: string) => void
}

/**
 * `leb usage import`. Answers the exit code: 0 when every row is taken in, unchanged or in the reject file; 2 when
 * something stood in the way, in one sentence on standard error.
 */
export async function importUsageCommand(ctx: Context, command: ImportUsageCommand): Promise<number> {
  const out = command.out ?? ((text) => void process.stdout.write(text))
  const err = command.err ?? ((text) => void process.stderr.write(text))
  const bar = command.progress ? progressBar(ctx.clock, err) : undefined
  let rowsDone = 0
  try {
    const summary = await importUsage(ctx, {
      file: command.file,
      rejects: command.rejects,
      onProgress: ({ bytes, ofBytes, summary: so_far }) => {
        rowsDone = so_far.rows
        bar?.draw(bytes / Math.max(1, ofBytes), `${so_far.rows} rows, ${so_far.rejected} rejected`)
      },
    })
    bar?.end()
    const { reasons: _, ...counts } = summary
    out(command.json ? `${JSON.stringify(counts)}\n` : describe(summary, command.rejects))
    return 0
  } catch (error) {
    bar?.end()
    if (error instanceof SetupError) {
      err(`leb usage import: ${error.message}\n`)
      return 2
    }
    // Its connections are closed under it when it is told to stop.
    const isTold = ctx.pool.ending
    if (!isTold) ctx.log.error('usage import stopped', errorFields(error))
    const code = isTold ? 'told to stop' : ((error as { code?: string }).code ?? 'unknown fault')
    err(
      `leb usage import: stopped after ${rowsDone} rows (${code}); what was taken in stays. Run the same command again to go on\n`,
    )
    return 2
  }
}

function describe(summary: UsageSummary, rejects: string): string {
  const { rows, taken, unchanged, rejected } = summary
  const lines = [`${rows} rows: ${taken} taken in, ${rejected} rejected, ${unchanged} unchanged`]
  const ranked = (counts: Record<string, number>) => Object.entries(counts).toSorted(([, a], [, b]) => b - a)
  for (const [outcome, count] of ranked(summary.outcomes))
    lines.push(`${String(count).padStart(8)}  ${outcome}: ${outcomeWords[outcome as KnownOutcome]}`)
  for (const [code, count] of ranked(summary.reasons))
    lines.push(`${String(count).padStart(8)}  ${code}: ${usageRejectReasons[code as UsageReject]}`)
  if (rejected > 0)
    lines.push(`The rejected rows are in ${rejects}: mend them in your file and import it again.`)
  return `${lines.join('\n')}\n`
}
