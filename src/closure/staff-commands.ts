import { decimal } from '../ledger/money.ts'
import type { Context } from '../platform/context.ts'
import type { Config } from '../platform/env.ts'
import { sayRefusal, SetupError } from '../platform/errors.ts'
import { withContext } from '../with-context.ts'
import { countAsChargedBack } from './charged-back.ts'
import { findByNumber } from './find-by-number.ts'
import { closureRefusals } from './refusals.ts'
import { type PaidSum, type Recorded, recordBankTransfer, retryBlocked } from './unblock.ts'

/** `leb retry`: a worker takes it up again. */
export function retryCommand(config: Config, number: string, options: { json?: boolean }): Promise<void> {
  return withContext(config, async (ctx) => {
    const { issuerId, closureId } = await findByNumber(ctx, number)
    await retryBlocked(ctx, { issuerId, closureId }).catch(say)
    print(number, 'is asked again', options)
  })
}

export type PaidOptions = {
  iccid?: string
  reference: string
  inFile?: boolean
  outsideFile?: boolean
  owed?: boolean
  json?: boolean
}

/** `leb paid`: the bank's reference becomes the evidence of the payout. */
export function paidCommand(config: Config, number: string, options: PaidOptions): Promise<void> {
  if (options.inFile && options.outsideFile)
    throw new SetupError(
      'the transfer was carried out as the file has it, or outside of it: give one of both',
    )
  return withContext(config, async (ctx) => {
    process.stdout.write(await notePaid(ctx, number, options))
  })
}

/** Answers the sums that were booked by it. Throws AnsweredNo with the reason why nothing was. */
export async function notePaid(ctx: Context, number: string, options: PaidOptions): Promise<string> {
  const { iccid, reference, inFile, outsideFile, owed: isOwedAllTheSame } = options
  const file = inFile ? 'carried_out' : outsideFile ? 'paid_outside' : undefined
  const { issuerId, closureId } = await findByNumber(ctx, number)
  const transfer: Recorded = { issuerId, closureId, iccid, reference, file, isOwedAllTheSame }
  const paid = await recordBankTransfer(ctx, transfer).catch(say)
  if (!options.json) return `${number} has its transfer noted: ${paid.map(sumInWords).join(', ')}\n`
  return `${JSON.stringify({ number, done: true, paid: paid.map((one) => ({ ...one, amount: String(one.amount) })) })}\n`
}

/** With its decimals, to be compared with the bank's. */
const sumInWords = ({ iccid, ...money }: PaidSum) => `${decimal(money)} ${money.currency} of card ${iccid}`

/** `leb payout charged-back`: what the payer's bank claimed back counts as paid. */
export function chargedBackCommand(
  config: Config,
  number: string,
  options: { iccid: string; json?: boolean },
): Promise<void> {
  return withContext(config, async (ctx) => {
    const { issuerId, closureId } = await findByNumber(ctx, number)
    await countAsChargedBack(ctx, { issuerId, closureId, iccid: options.iccid }).catch(say)
    print(number, 'counts what was charged back as paid', options)
  })
}

const say = (error: unknown) => sayRefusal(error, closureRefusals)

function print(number: string, words: string, options: { json?: boolean }): void {
  process.stdout.write(options.json ? `${JSON.stringify({ number, done: true })}\n` : `${number} ${words}\n`)
}
