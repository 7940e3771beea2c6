import type { Command } from 'commander'
import type { Config } from '../platform/env.ts'
import type { StatementCommand } from './account-statement-command.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>

/** `leb ledger …`: whether the books add up, and what stands in one account of them. */
export function addLedgerCommands(program: Command, ends: Ends, readConfig: () => Config): void {
  const ledger = program.command('ledger').description('the books')
  ledger
    .command('check')
    .description(
      'proves from the journal alone that all of it adds up: exit 0 yes, 1 no (and where), 2 not run',
    )
    .option('--json', 'as one JSON object')
    .action(
      ends(async (options: { json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { ledgerCheckCommand } = await import('./check-command.ts')
        return withContext(readConfig(), (ctx) => ledgerCheckCommand(ctx, options))
      }),
    )
  ledger
    .command('statement')
    .description('every entry of an account, oldest first: exit 0 it adds up, 1 it does not, 2 not run')
    .requiredOption('--issuer <id>', 'whose books')
    .requiredOption(
      '--account <name>',
      "such as cash_at_provider or revenue; or an account's id, a card's too",
    )
    .option('--currency <code>', 'where the account is kept in several')
    .option('--from <day>', "from here on, by the clock of the issuer's jurisdiction")
    .option('--to <day>', 'and before this')
    .option('--csv <file>', 'into a file, as a table')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (options: StatementCommand) => {
        const { withContext } = await import('../with-context.ts')
        const { accountStatementCommand } = await import('./account-statement-command.ts')
        return withContext(readConfig(), (ctx) => accountStatementCommand(ctx, options))
      }),
    )
}
