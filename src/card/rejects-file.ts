import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { stringify } from 'csv-stringify/sync'
import { SetupError } from '../platform/errors.ts'

/** A row that was not taken, as it stood in the file, and why. */
export type RejectedRow<Reason extends string> = { line: number; text: string; reasons: Reason[] }

/**
 * The file of rejected rows: `line,reasons,original`. Cells that a spreadsheet would run as a formula get an
 * apostrophe before them (OWASP CSV injection). Readable by its owner only, for it holds personal data.
 */
export type RejectsFile<Reason extends string> = {
  write(rejects: RejectedRow<Reason>[]): Promise<void>
  close(): Promise<void>
}

/**
 * Throws SetupError when the file can't be written; whatever it held is replaced.
 * @param words of each reason, for whoever mends the file; no `;` in them
 */
export async function openRejectsFile<Reason extends string>(
  path: string,
  words: Record<Reason, string>,
): Promise<RejectsFile<Reason>> {
  const out = createWriteStream(path, { mode: 0o600 })
  const fail = (error: NodeJS.ErrnoException) =>
    new SetupError(`the reject file ${path} can't be written (${error.code}): choose another with --rejects`)
  let broken: SetupError | undefined
  out.on('error', (error) => (broken ??= fail(error)))
  await once(out, 'open').catch((error: NodeJS.ErrnoException) => Promise.reject(fail(error)))

  const put = async (text: string) => {
    if (broken) throw broken
    if (!out.write(text)) await once(out, 'drain').catch((error) => Promise.reject(fail(error)))
  }
  await put('line,reasons,original\n')
  return {
    write: (rejects) => (rejects.length > 0 ? put(rejectLines(rejects, words)) : Promise.resolve()),
    async close() {
      await new Promise<void>((done) => out.end(done))
      if (broken) throw broken
    },
  }
}

function rejectLines<Reason extends string>(
  rejects: RejectedRow<Reason>[],
  words: Record<Reason, string>,
): string {
  return stringify(
    rejects.map((reject) => [String(reject.line), describeReasons(reject.reasons, words), reject.text]),
    { escape_formulas: true },
  )
}

/** `code: words; code: words`, as it stands in the reject file. */
function describeReasons<Reason extends string>(reasons: Reason[], words: Record<Reason, string>): string {
  return reasons.map((code) => `${code}: ${words[code]}`).join('; ')
}
