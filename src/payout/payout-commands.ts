import { rm, writeFile } from 'node:fs/promises'
import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import { formatMoney } from '../ledger/money.ts'
import { catchUpTransfers } from '../payment/catch-up.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { AnsweredNo, SetupError } from '../platform/errors.ts'
import { kept_days, openPayoutFile } from './file-envelope.ts'
import { type OpenTransfer, openTransfers } from './open-transfers.ts'
import { makePayoutFile, type PayoutState, readPayoutState } from './payout-file.ts'

type FileOptions = { issuer: string; out: string; again?: string; json?: boolean }

/**
 * `leb payout file`: the transfers that wait, as a file for the bank. What is written is sent: it stands in no other
 * file. `--again` writes a file's bytes once more, for as long as one of its transfers is open.
 */
export async function payoutFileCommand(ctx: Context, options: FileOptions): Promise<void> {
  const issuer = await knownIssuer(ctx, options.issuer)
  if (options.again !== undefined) return writeAgain(ctx, issuer, options.again, options)
  const debtor = issuer.providers.payouts
  if (!debtor)
    throw new SetupError(
      `${issuer.issuerId} names no account to pay from: set providers.payouts {name, iban} (docs/operate/payouts.md)`,
    )
  // Before anything is marked as sent: a place that can't be written to, or a file that is there already.
  await save(options.out, Buffer.alloc(0), 'wx')
  await catchUpTransfers(ctx, issuer.issuerId)
  const file = await makePayoutFile(ctx, issuer, debtor).catch(async (error: unknown) => {
    await rm(options.out)
    throw error
  })
  if (!file) {
    await rm(options.out)
    return say(options, { file: null, transfers: 0 }, 'no transfer waits')
  }
  await save(options.out, file.bytes, 'w')
  const { fileId, sha256, transfers, left } = file
  const more = left > 0 ? `; ${left} more wait for the next file: run this again` : ''
  say(
    options,
    { file: fileId, sha256, transfers, left },
    `${transfers} transfers in ${options.out} (file ${fileId})${more}`,
  )
}

async function writeAgain(ctx: Context, issuer: Issuer, fileId: string, options: FileOptions): Promise<void> {
  const { issuerId } = issuer
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(fileId)
  const bytes = isId
    ? await inIssuer(ctx.db, issuerId, (tx) => openPayoutFile(ctx, tx, { issuerId, fileId }))
    : undefined
  if (!bytes) throw new AnsweredNo('not_there', `${issuerId} has no file ${fileId}: see leb payout list`)
  if (bytes === 'burned')
    throw new AnsweredNo(
      'destroyed',
      `all transfers of file ${fileId} have ended, or it is ${kept_days} days old, so its content was destroyed`,
    )
  await save(options.out, bytes, 'wx')
  say(options, { file: fileId, again: true }, `file ${fileId} is in ${options.out} again`)
}

/** `leb payout list`: files that went to the bank, what waits, and each transfer that is not done by its number. */
export async function payoutListCommand(
  ctx: Context,
  options: { issuer: string; json?: boolean },
): Promise<void> {
  const { issuerId } = await knownIssuer(ctx, options.issuer)
  const state = await inIssuer(ctx.db, issuerId, (tx) => readPayoutState(tx, issuerId))
  if (options.json) return listAsJson(ctx, issuerId, state)
  const lines = [
    ...state.waiting.map(
      (one) =>
        `waiting  ${formatMoney(one, 'en')} in ${one.transfers} transfers, account known of ${one.accountKnown}`,
    ),
    ...state.files.map(
      (one) =>
        `file ${one.fileId}  ${one.createdAt.toISOString()}  ${one.transfers} transfers, ${one.open} open`,
    ),
  ]
  print(lines.join('\n') || 'nothing waits, and no file was ever made')
  for await (const one of openTransfers(ctx, issuerId)) print(transferLine(one))
}

/** One object, whose transfers are written as they are read: there may be thousands. */
async function listAsJson(ctx: Context, issuerId: string, state: PayoutState): Promise<void> {
  const waiting = state.waiting.map((one) => ({ ...one, amount: one.amount.toString() }))
  const head = JSON.stringify({ files: state.files, waiting })
  process.stdout.write(`${head.slice(0, -1)},"transfers":[`)
  let between = ''
  for await (const one of openTransfers(ctx, issuerId)) {
    process.stdout.write(`${between}${JSON.stringify({ ...one, amount: one.amount.toString() })}`)
    between = ','
  }
  print(']}')
}

function transferLine(one: OpenTransfer): string {
  const { number, of, iccid, state, account, fileId } = one
  const whose = of === 'closure' ? 'holder' : 'buyer'
  const waits = {
    known: 'waits for the next file',
    wanted: `waits for the ${whose} to name an account`,
    gone: `waits for you: its ${whose} is erased, so that no account can be kept`,
  }
  const stands = state === 'sent' ? `in file ${fileId}` : waits[account]
  return `${number.padEnd(21)}  ${(iccid ?? '-').padEnd(19)}  ${formatMoney(one, 'en').padStart(12)}  ${stands}`
}

async function knownIssuer(ctx: Context, issuerId: string): Promise<Issuer> {
  const issuer = await findIssuer(ctx.db, issuerId)
  if (!issuer) throw new SetupError(`there is no issuer ${issuerId}: see leb issuer list`)
  return issuer
}

/** For its owner's eyes only: it names people and their accounts. */
async function save(path: string, bytes: Buffer, flag: 'w' | 'wx'): Promise<void> {
  await writeFile(path, bytes, { flag, mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    throw new SetupError(
      error.code === 'EEXIST'
        ? `${path} is there already: a file for the bank overwrites nothing`
        : `${path} can't be written (${error.code})`,
    )
  })
}

function say(options: { json?: boolean }, answer: object, words: string): void {
  print(options.json ? JSON.stringify(answer) : words)
}

const print = (line: string) => void process.stdout.write(`${line}\n`)
