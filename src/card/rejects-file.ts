import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { stringify } from 'csv-stringify/sync'
import { SetupError } from '../platform/errors.ts'
import { describeReasons, type Reject } from './reject-reasons.ts'

/**
 * The file of rejected rows: `line,reasons,original`. Cells that a spreadsheet would run as a formula get an
 * apostrophe before them (OWASP CSV injection). Readable by its owner only, for it holds personal data.
 */
export type RejectsFile = { write(rejects: Reject[]): Promise<void>; close(): Promise<void> }

/** Throws SetupError when the file can't be written; whatever it held is replaced. */
export async function openRejectsFile(path: string): Promise<RejectsFile> {
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
    write: (rejects) => (rejects.length > 0 ? put(rejectLines(rejects)) : Promise.resolve()),
    async close() {
      await new Promise<void>((done) => out.end(done))
      if (broken) throw broken
    },
  }
}

function rejectLines(rejects: Reject[]): string {
  return stringify(
    rejects.map((reject) => [String(reject.line), describeReasons(reject.reasons), reject.text]),
    { escape_formulas: true },
  )
}
