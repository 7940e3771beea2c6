import { allImportedLikeOurs, type LikeOurs, likeOursWords } from '../invoice/imported-numbers.ts'
import type { Context } from '../platform/context.ts'
import { refreshStatistics } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { errorFields } from '../platform/log.ts'
import { importFleet, type ImportSummary } from './import-fleet.ts'
import { progressBar } from './progress-bar.ts'
import { type RejectReason, rejectReasons } from './reject-reasons.ts'

export type ImportCommand = {
  file: string
  rejects: string
  json: boolean
  /** Draw a progress bar on standard error; the caller says so when that is a terminal. */
  progress: boolean
  out?: (text: string) => void
  err?: (text: string) => void
}

/**
 * `leb import`. Answers the exit code: 0 when every row is imported, unchanged or in the reject file; 2 when something
 * stood in the way, in one sentence on standard error.
 */
export async function importCommand(ctx: Context, command: ImportCommand): Promise<number> {
  const out = command.out ?? ((text) => void process.stdout.write(text))
  const err = command.err ?? ((text) => void process.stderr.write(text))
  const bar = command.progress ? progressBar(ctx.clock, err) : undefined
  let rowsDone = 0
  try {
    const summary = await importFleet(ctx, {
      file: command.file,
      rejects: command.rejects,
      onProgress: ({ bytes, ofBytes, summary: so_far }) => {
        rowsDone = so_far.rows
        bar?.draw(bytes / Math.max(1, ofBytes), `${so_far.rows} rows, ${so_far.rejected} rejected`)
      },
    })
    if (summary.imported > 0) await refresh(ctx)
    const alike = await allImportedLikeOurs(ctx)
    bar?.end()
    out(
      command.json
        ? `${JSON.stringify({ ...counts(summary), ...(alike.length > 0 && { invoice_numbers_like_ours: alike }) })}\n`
        : describe(summary, command.rejects, alike),
    )
    return 0
  } catch (error) {
    bar?.end()
    if (error instanceof SetupError) {
      err(`leb import: ${error.message}\n`)
      return 2
    }
    // Its connections are closed under it when it is told to stop.
    const isTold = ctx.pool.ending
    if (!isTold) ctx.log.error('import stopped', errorFields(error))
    const code = isTold ? 'told to stop' : ((error as { code?: string }).code ?? 'unknown fault')
    err(
      `leb import: stopped after ${rowsDone} rows (${code}); what was imported stays. Run the same command again to go on\n`,
    )
    return 2
  }
}

/** PostgreSQL does it by itself in the end: an import that is done does not fail for it. */
async function refresh(ctx: Context): Promise<void> {
  await refreshStatistics(ctx.pool).catch((error: unknown) =>
    ctx.log.warn('the planner could not be told of the new rows', errorFields(error)),
  )
}

function counts({ rows, imported, rejected, unchanged }: ImportSummary) {
  return { rows, imported, rejected, unchanged }
}

function describe(summary: ImportSummary, rejects: string, alike: LikeOurs[]): string {
  const { rows, imported, rejected, unchanged, reasons } = summary
  const lines = [`${rows} rows: ${imported} imported, ${rejected} rejected, ${unchanged} unchanged`]
  const ranked = Object.entries(reasons).toSorted(([, a], [, b]) => b - a)
  for (const [code, count] of ranked)
    lines.push(`${String(count).padStart(8)}  ${code}: ${rejectReasons[code as RejectReason]}`)
  if (rejected > 0)
    lines.push(`The rejected rows are in ${rejects}: mend them in your file and import it again.`)
  lines.push(...alike.map(likeOursWords))
  return `${lines.join('\n')}\n`
}
