import { readBalanceReport } from '../adapters/payment/stripe-balance.ts'
import { checkEncoding } from '../card/check-encoding.ts'
import { decimal } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { SetupError } from '../platform/errors.ts'
import { bookReport } from './book-report.ts'
import { issuersOf } from './payments-command.ts'
import { type Difference, differenceKinds, reconcile } from './reconcile.ts'

export type ReconcileCommand = {
  provider: string
  file: string
  issuer?: string
  /** RFC 3339 days or moments; the report's own reach unless told. */
  from?: string
  to?: string
  decimal?: string
  bookFees?: boolean
  bookPayouts?: boolean
  json?: boolean
  out?: (text: string) => void
}

/**
 * `leb reconcile`: names every difference between the provider's report and our books and fixes none; with
 * --book-fees and --book-payouts it first books what only the report tells. Answers 0 when they are equal, 1 when
 * not. Throws SetupError in one sentence (exit code 2) when the file or an option is wrong.
 */
export async function reconcileCommand(ctx: Context, command: ReconcileCommand): Promise<number> {
  if (command.provider !== 'stripe') throw new SetupError('--provider takes stripe')
  const { file } = command
  const sign = command.decimal ?? '.'
  if (sign !== '.' && sign !== ',') throw new SetupError('--decimal takes . or ,')
  const issuers = await issuersOf(ctx, command.issuer)
  const [issuerId] = issuers
  if (issuerId === undefined || issuers.length > 1)
    throw new SetupError('say whose books with --issuer: several issuers are set up')
  const window = { from: moment(command.from, '--from'), to: moment(command.to, '--to') }
  await checkReport(file)
  const booked =
    command.bookFees || command.bookPayouts
      ? await bookReport(
          ctx,
          { issuerId, ...window, fees: Boolean(command.bookFees), payouts: Boolean(command.bookPayouts) },
          readBalanceReport(file, sign),
        )
      : undefined
  const out = command.out ?? ((text: string) => void process.stdout.write(text))
  const said = command.json ? jsonWriter(out) : wordWriter(out)
  const counted = await inIssuer(ctx.db, issuerId, (tx) =>
    reconcile(tx, { issuerId, ...window }, readBalanceReport(file, sign), (one) => said.difference(one)),
  )
  said.end({ ...counted, ...(booked && { booked }) })
  return counted.differences === 0 ? 0 : 1
}

type End = { lines: number; differences: number; booked?: { fees: number; payouts: number } }

/** One JSON object, written as it comes: a report of another account differs in every line. */
function jsonWriter(out: (text: string) => void) {
  let first = true
  return {
    difference({ theirs, ours, detail, ...rest }: Difference) {
      const one = { ...rest, theirs: theirs?.toString() ?? null, ours: ours?.toString() ?? null, detail }
      out(`${first ? '{"differences":[' : ','}\n${JSON.stringify(one)}`)
      first = false
    },
    end({ lines, differences, booked }: End) {
      const rest = JSON.stringify({ lines, count: differences, equal: differences === 0, ...booked })
      out(`${first ? '{"differences":[' : '\n'}],${rest.slice(1)}\n`)
    },
  }
}

function wordWriter(out: (text: string) => void) {
  const kinds = new Map<string, number>()
  const money = (amount: bigint | null, currency: string) =>
    amount === null
      ? '-'
      : currency === ''
        ? amount.toString()
        : `${decimal({ amount, currency })} ${currency}`
  return {
    difference({ kind, of, ref, line, theirs, ours, currency, detail }: Difference) {
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      const place = line === null ? '' : `  line ${line}`
      const sums = `theirs ${money(theirs, currency)}, ours ${money(ours, currency)}`
      out(`${kind}  ${of} ${ref}  ${sums}${place}${detail ? `  (${detail})` : ''}\n`)
    },
    end({ lines, differences, booked }: End) {
      if (booked) out(`booked now: ${booked.fees} fees, ${booked.payouts} payouts\n`)
      for (const [kind, count] of kinds)
        out(
          `${String(count).padStart(8)}  ${kind}: ${differenceKinds[kind as keyof typeof differenceKinds]}\n`,
        )
      out(differences === 0 ? `${lines} lines: equal\n` : `${lines} lines: ${differences} differences\n`)
    },
  }
}

function moment(text: string | undefined, option: string): Date | undefined {
  if (text === undefined) return undefined
  const form = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/
  const ms = form.test(text) ? Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text) : Number.NaN
  if (Number.isNaN(ms)) throw new SetupError(`${option} takes a day or moment in UTC, e.g. 2026-11-01`)
  return new Date(ms)
}

async function checkReport(file: string): Promise<void> {
  const checked = await checkEncoding(file).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? `there is no file ${file}` : `${file} can't be read (${error.code})`
    throw new SetupError(why)
  })
  if (!('skip' in checked))
    throw new SetupError(`${file} is not UTF-8 at line ${checked.line}: export it again`)
}
