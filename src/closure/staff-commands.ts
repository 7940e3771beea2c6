import type { Config } from '../platform/env.ts'
import { sayRefusal } from '../platform/errors.ts'
import { withContext } from '../with-context.ts'
import { countAsChargedBack } from './charged-back.ts'
import { findByNumber } from './find-by-number.ts'
import { closureRefusals } from './refusals.ts'
import { recordBankTransfer, retryBlocked } from './unblock.ts'

/** `leb retry`: a worker takes it up again. */
export function retryCommand(config: Config, number: string, options: { json?: boolean }): Promise<void> {
  return withContext(config, async (ctx) => {
    const { issuerId, closureId } = await findByNumber(ctx, number)
    await retryBlocked(ctx, { issuerId, closureId }).catch(say)
    print(number, 'is asked again', options)
  })
}

/** `leb paid`: the bank's reference becomes the evidence of the payout. */
export function paidCommand(
  config: Config,
  number: string,
  options: { iccid: string; reference: string; json?: boolean },
): Promise<void> {
  return withContext(config, async (ctx) => {
    const { issuerId, closureId } = await findByNumber(ctx, number)
    const { iccid, reference } = options
    await recordBankTransfer(ctx, { issuerId, closureId, iccid, reference }).catch(say)
    print(number, 'has its transfer noted', options)
  })
}

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
