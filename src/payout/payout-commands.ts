import { rm, writeFile } from 'node:fs/promises'
import { findIssuer, type Issuer } from '../issuer/issuer.ts'
import { formatMoney } from '../ledger/money.ts'
import { catchUpTransfers } from '../payment/catch-up.ts'
import type { Context } from '../platform/context.ts'
import { inIssuer } from '../platform/db.ts'
import { AnsweredNo, SetupError } from '../platform/errors.ts'
import { kept_days, openPayoutFile } from './file-envelope.ts'
import { makePayoutFile, readPayoutState } from './payout-file.ts'

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

/** `leb payout list`: files that went to the bank, and what waits. */
export async function payoutListCommand(
  ctx: Context,
  options: { issuer: string; json?: boolean },
): Promise<void> {
  const { issuerId } = await knownIssuer(ctx, options.issuer)
  const state = await inIssuer(ctx.db, issuerId, (tx) => readPayoutState(tx, issuerId))
  const waiting = state.waiting.map((one) => ({ ...one, amount: one.amount.toString() }))
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
  say(options, { ...state, waiting }, lines.join('\n') || 'nothing waits, and no file was ever made')
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
  process.stdout.write(`${options.json ? JSON.stringify(answer) : words}\n`)
}
