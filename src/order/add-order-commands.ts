import type { Command } from 'commander'
import type { Config } from '../platform/env.ts'
import { SetupError } from '../platform/errors.ts'
import type { OpenOptions } from './open-orders-command.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>

/** `leb order …`: what was bought, for staff. */
export function addOrderCommands(program: Command, ends: Ends, readConfig: () => Config): void {
  const order = program.command('order').description('what was bought')
  order
    .command('status [number]')
    .description('how an order stands, step by step; or all that are not done')
    .option('--open', 'those that are not done: until when, whose turn it is and why')
    .option('--issuer <id>', "of --open: one issuer's only")
    .option('--late', 'of --open: past their time only')
    .option('--blocked', 'of --open: only paid orders that a buyer, a bank or you hold up')
    .option('--json', 'as one JSON object, with the journal')
    .action(
      ends(async (number: string | undefined, { open, ...options }: OpenOptions & { open?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { openOrdersCommand } = await import('./open-orders-command.ts')
        const { orderStatusCommand } = await import('./order-commands.ts')
        const { json = false, issuer, late, blocked } = options
        if (open && number === undefined)
          return withContext(readConfig(), (ctx) => openOrdersCommand(ctx, options))
        if (open || number === undefined || issuer || late || blocked)
          throw new SetupError(
            'order status takes the NUMBER of an order; or --open, with or without --issuer, --late, --blocked',
          )
        return withContext(readConfig(), (ctx) => orderStatusCommand(ctx, { number, json }))
      }),
    )
  order
    .command('paid <number>')
    .description('notes that you transferred what could not go back by itself')
    .requiredOption('--reference <text>', "the bank's reference of the transfer")
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (number: string, options: { reference: string; json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { orderPaidCommand } = await import('./order-commands.ts')
        const { reference, json = false } = options
        return withContext(readConfig(), (ctx) => orderPaidCommand(ctx, { number, reference, json }))
      }),
    )
}
