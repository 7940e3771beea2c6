import type { Command } from 'commander'
import type { Config } from '../platform/env.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>

/** `leb order …`: what was bought, for staff. */
export function addOrderCommands(program: Command, ends: Ends, readConfig: () => Config): void {
  const order = program.command('order').description('what was bought')
  order
    .command('status <number>')
    .description('how an order stands, step by step')
    .option('--json', 'as one JSON object, with the journal')
    .action(
      ends(async (number: string, { json = false }: { json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { orderStatusCommand } = await import('./order-commands.ts')
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
