import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { stringify } from 'csv-stringify/sync'
import { csvStatement } from '../adapters/bank/csv-statement.ts'
import { type FaultyLine, lineFaults } from '../adapters/bank/port.ts'
import { checkEncoding } from '../card/check-encoding.ts'
import { findIssuer } from '../issuer/issuer.ts'
import type { Context } from '../platform/context.ts'
import { SetupError } from '../platform/errors.ts'
import { type ImportedLine, importStatement, type LineOutcome } from './bank-import.ts'

type Print = (text: string) => void
export type BankImportCommand = {
  file: string
  issuer: string
  rejects: string
  json?: boolean
  out?: Print
}

/**
 * `leb bank import`: takes a bank's CSV statement in. Answers the exit code 0: every line is in, or in the reject file. Throws
 * SetupError in one sentence (exit code 2) when the file, its encoding or the settings are wrong. Running it again changes nothing.
 */
export async function bankImportCommand(ctx: Context, command: BankImportCommand): Promise<number> {
  const { file, issuer: issuerId } = command
  const issuer = await findIssuer(ctx.db, issuerId)
  if (!issuer) throw new SetupError(`issuer ${issuerId} is not set up: leb issuer add FILE.json`)
  const format = issuer.providers.bankStatement
  if (!format)
    throw new SetupError(
      `${issuerId} does not say how its bank writes statements: set providers.bankStatement (docs/operate/payments.md)`,
    )
  await checkFile(file, command.rejects)
  const rejects = openRejects(command.rejects)
  const lines: ImportedLine[] = []
  let faulty = 0
  try {
    await importStatement(ctx, {
      issuerId,
      file,
      read: csvStatement(format),
      ignore: format.ignore,
      onLine: (line) => void lines.push(line),
      async onFault(fault) {
        faulty++
        await rejects.write(fault)
      },
    })
  } finally {
    await rejects.close()
  }
  const out = command.out ?? ((text) => void process.stdout.write(text))
  out(command.json ? `${JSON.stringify(asJson(lines, faulty))}\n` : describe(lines, faulty, command.rejects))
  return 0
}

const outcomes: Record<LineOutcome, string> = {
  order_paid: 'paid an order',
  unmatched: 'fit no order: see leb payments unmatched',
  transfer_settled: 'are transfers of ours that the bank has sent',
  transfer_returned: 'are transfers of ours that came back',
  transfer_differs: 'bear the name of a transfer of ours, but not its sum or state: look at them',
  not_ours: 'are none of our business and were not kept',
  known: 'were imported before',
}

function tell(lines: ImportedLine[]): [LineOutcome, number][] {
  const names = Object.keys(outcomes) as LineOutcome[]
  return names.map((name) => [name, lines.filter(({ outcome }) => outcome === name).length])
}

const needsEyes = (line: ImportedLine) => line.outcome === 'unmatched' || line.outcome === 'transfer_differs'

function asJson(lines: ImportedLine[], rejected: number) {
  const counts = Object.fromEntries(tell(lines))
  return { lines: lines.length + rejected, rejected, ...counts, look_at: lines.filter(needsEyes) }
}

function describe(lines: ImportedLine[], rejected: number, rejects: string): string {
  const told = tell(lines)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${String(count).padStart(6)}  ${outcomes[name]}`)
  if (rejected > 0) told.push(`${String(rejected).padStart(6)}  can't be read: they are in ${rejects}`)
  const looks = lines
    .filter(needsEyes)
    .map((one) => `  line ${one.line}: ${one.outcome} ${one.reason ?? ''} ${one.orderNumber ?? ''}`.trimEnd())
  return `${[`${lines.length + rejected} lines`, ...told, ...looks].join('\n')}\n`
}

async function checkFile(file: string, rejects: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read (${error.code})`
    throw new SetupError(why)
  })
  if (!found.isFile()) throw new SetupError(`${file} is not a plain file: it is read twice`)
  const target = await stat(rejects).catch(() => undefined)
  if (target && target.ino === found.ino && target.dev === found.dev)
    throw new SetupError('--rejects names the statement itself: choose another file')
  const checked = await checkEncoding(file)
  if (!('skip' in checked))
    throw new SetupError(
      `${file} is not UTF-8 at line ${checked.line} (it looks like ${checked.looksLike}): nothing was imported; save it ` +
        `as UTF-8 (for example iconv -f ISO-8859-15 -t UTF-8)`,
    )
}

/** Readable by its owner only, for lines of a statement name people; formula cells are disarmed (OWASP). */
function openRejects(path: string) {
  const stream = createWriteStream(path, { mode: 0o600 })
  let broken: Error | undefined
  stream.on('error', (error: NodeJS.ErrnoException) => {
    broken ??= new SetupError(`the reject file ${path} can't be written (${error.code}): choose another`)
  })
  stream.write('line,reasons,original\n')
  return {
    async write({ line, faults, original }: FaultyLine): Promise<void> {
      if (broken) throw broken
      const words = faults.map((fault) => `${fault}: ${lineFaults[fault]}`).join('; ')
      const cells = [String(line), words, original.join(' | ')]
      if (!stream.write(stringify([cells], { escape_formulas: true }))) await once(stream, 'drain')
    },
    async close(): Promise<void> {
      await new Promise<void>((done) => stream.end(() => done()))
      if (broken) throw broken
    },
  }
}
