import { once } from 'node:events'
import { stringify } from 'csv-stringify/sync'
import { findIssuer } from '../issuer/issuer.ts'
import { inZone } from '../platform/clock.ts'
import type { Context } from '../platform/context.ts'
import { SetupError } from '../platform/errors.ts'
import { writeWhole } from '../platform/whole-file.ts'
import { policyFor } from '../policy/policy.ts'
import {
  type Account,
  type AccountLine,
  type AccountStatement,
  findAccount,
  listHouseAccounts,
  openAccountStatement,
} from './account-statement.ts'
import { decimal } from './money.ts'
import { reasonWording } from './reasons.ts'
import { type Bounds, dayBegins } from './statement-period.ts'

export type StatementCommand = {
  issuer: string
  account: string
  currency?: string
  from?: string
  to?: string
  csv?: string
  json?: boolean
}
type Write = (text: string) => void | Promise<void>

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * `leb ledger statement`: every entry of one account, oldest first, between what it stood at before and after. Exit 1
 * where the lines do not lead to the balance that stands beside the journal. Throws SetupError in one sentence.
 */
export async function accountStatementCommand(
  ctx: Context,
  command: StatementCommand,
  write: Write = writeOut,
): Promise<number> {
  if (command.csv && command.json) throw new SetupError('--csv and --json say the same: choose one of them')
  const issuer = await findIssuer(ctx.db, command.issuer)
  if (!issuer)
    throw new SetupError(`there is no issuer ${command.issuer}: leb issuer list names those that are set up`)
  const account = await whichAccount(ctx, command)
  const zone = policyFor(issuer.jurisdiction, ctx.clock.now()).time_zone
  const bounds = {
    ...(command.from && { from: moment(command.from, '--from', zone) }),
    ...(command.to && { until: moment(command.to, '--to', zone) }),
  }
  const statement = await openAccountStatement(
    ctx,
    { issuerId: command.issuer, accountId: account.accountId },
    bounds,
  )
  if (!statement) throw new SetupError(`account ${account.accountId} is not there any more`)
  const told = { issuer: command.issuer, account, zone, bounds, statement }
  if (command.json) return writeJson(told, write)
  return command.csv ? writeCsv(told, command.csv, write) : writeWords(told, write)
}

async function whichAccount(ctx: Context, command: StatementCommand): Promise<Account> {
  const { issuer, account: name, currency } = command
  if (uuid.test(name)) {
    const found = await findAccount(ctx, issuer, name.toLowerCase())
    if (!found) throw new SetupError(`the books of ${issuer} have no account ${name}`)
    return found
  }
  const all = await listHouseAccounts(ctx, issuer)
  const named = all.filter((one) => one.kind === name)
  if (named.length === 0) {
    const names = [...new Set(all.map((one) => one.kind))].join(', ')
    throw new SetupError(`the books of ${issuer} have no account ${name}${names && `: there are ${names}`}`)
  }
  const fitting = currency ? named.filter((one) => one.currency === currency) : named
  const currencies = named.map((one) => one.currency).join(', ')
  if (fitting.length === 0)
    throw new SetupError(`${name} of ${issuer} has no ${currency}: it is kept in ${currencies}`)
  if (fitting.length > 1)
    throw new SetupError(`${name} of ${issuer} is kept in ${currencies}: choose one with --currency`)
  return fitting[0]!
}

function moment(text: string, option: string, zone: string): Date {
  const exact = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
  const at = exact ? new Date(text) : dayBegins(text, zone)
  if (!at || Number.isNaN(at.getTime()))
    throw new SetupError(`${option} takes a day such as 2026-11-01, or a moment such as 2026-11-01T00:00:00Z`)
  return at
}

type Told = {
  issuer: string
  account: Account
  zone: string
  bounds: Partial<Bounds>
  statement: AccountStatement
}

const differs = 'the lines do not lead to this balance: leb ledger check says where the books are off'

async function writeWords(told: Told, write: Write): Promise<number> {
  const { account, issuer, zone, bounds, statement } = told
  const { currency } = account
  const money = (amount: bigint) => decimal({ amount, currency })
  const of = (at: Date | undefined) => (at ? inZone(at, zone) : '')
  const row = (when: string, what: string, amount: string, after: string, id = '') =>
    `${when.padEnd(25)}  ${what.padEnd(20)} ${amount.padStart(18)} ${after.padStart(20)}  ${id}`.trimEnd()
  await write(`${issuer}  ${account.kind} in ${currency} (account ${account.accountId})\n`)
  await write('above zero: what is owed or was earned; below: what there is, or was lost\n\n')
  await write(`${row(of(bounds.from), 'opening balance', '', money(statement.opening))}\n`)
  let after = statement.opening
  for await (const lines of statement.lines) {
    const text = lines.map((line) =>
      row(inZone(line.at, zone), line.reason, money(line.amount), money(line.after), line.id),
    )
    await write(`${text.join('\n')}\n`)
    after = lines.at(-1)!.after
  }
  await write(`${row(of(bounds.until), 'closing balance', '', money(statement.closing))}\n`)
  if (after === statement.closing) return 0
  await write(`${differs}\n`)
  return 1
}

/** Whole or not at all. */
async function writeCsv(told: Told, path: string, write: Write): Promise<number> {
  const { account, zone, bounds, statement } = told
  const { currency } = account
  const money = (amount: bigint) => decimal({ amount, currency })
  const line = (one: AccountLine) => [
    inZone(one.at, zone),
    one.reason,
    reasonWording(one.reason).en,
    money(one.amount),
    money(one.after),
    currency,
    one.id,
  ]
  const edge = (at: Date | undefined, what: string, sum: bigint) => {
    const when = at ? inZone(at, zone) : ''
    return [when, '', what, '', money(sum), currency, '']
  }
  let after = statement.opening
  let count = 0
  await writeWhole(path, async (text) => {
    const put = (rows: unknown[][]) => text(stringify(rows))
    await put([['when', 'reason', 'what', 'amount', 'balance_after', 'currency', 'entry']])
    await put([edge(bounds.from, 'Opening balance', statement.opening)])
    for await (const lines of statement.lines) {
      await put(lines.map(line))
      after = lines.at(-1)!.after
      count += lines.length
    }
    await put([edge(bounds.until, 'Closing balance', statement.closing)])
  })
  await write(
    `${path}: ${count} entries of ${account.kind}, from ${money(statement.opening)} to ${money(statement.closing)} ${currency}\n`,
  )
  if (after === statement.closing) return 0
  await write(`${differs}\n`)
  return 1
}

/** One object, written as it is read. */
async function writeJson(told: Told, write: Write): Promise<number> {
  const { issuer, account, bounds, statement } = told
  const { currency, kind, accountId } = account
  const head = { issuer, account: kind, accountId, currency, ...bounds, opening: `${statement.opening}` }
  await write(`${JSON.stringify(head).slice(0, -1)},"entries":[`)
  let after = statement.opening
  let comma = ''
  for await (const lines of statement.lines) {
    const texts = lines.map(({ amount, after: stood, ...line }) =>
      JSON.stringify({ ...line, amount: `${amount}`, after: `${stood}` }),
    )
    await write(comma + texts.join(','))
    comma = ','
    after = lines.at(-1)!.after
  }
  const { closing } = statement
  await write(`],${JSON.stringify({ closing: `${closing}`, adds_up: after === closing }).slice(1)}\n`)
  return after === closing ? 0 : 1
}

/** Waits for a slow reader, so that what it has not read yet is not held here. */
async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}
