import type { Command } from 'commander'
import type { Config } from '../platform/env.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>

/** `leb payout …` */
export function addPayoutCommands(program: Command, ends: Ends, readConfig: () => Config): void {
  const payout = program.command('payout').description('money on its way back to holders')
  payout
    .command('file')
    .description(
      'the transfers that wait, as a file for the bank (ISO 20022 pain.001); each stands in one file',
    )
    .requiredOption('--issuer <id>', 'the issuer, with an account to pay from in its settings')
    .requiredOption('--out <file>', 'where to write it; it names people and accounts, so keep it safe')
    .option('--again <file-id>', 'the same bytes of an earlier file once more')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (options: { issuer: string; out: string; again?: string; json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { payoutFileCommand } = await import('./payout-commands.ts')
        return withContext(readConfig(), (ctx) => payoutFileCommand(ctx, options))
      }),
    )
  payout
    .command('list')
    .description(
      'transfers that wait, with the closures and orders they are for, and the files that were made',
    )
    .requiredOption('--issuer <id>', 'the issuer')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (options: { issuer: string; json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { payoutListCommand } = await import('./payout-commands.ts')
        return withContext(readConfig(), (ctx) => payoutListCommand(ctx, options))
      }),
    )
  payout
    .command('charged-back <closure>')
    .description("counts as paid what the payer's bank claimed back before it could be refunded")
    .requiredOption('--iccid <number>', 'the card')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (number: string, options: { iccid: string; json?: boolean }) =>
        (await import('../closure/staff-commands.ts')).chargedBackCommand(readConfig(), number, options),
      ),
    )
}
