import type { Command } from 'commander'
import type { Config } from '../platform/env.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>
type Options = { issuer: string; until?: string; dryRun?: boolean; json?: boolean }

/** `leb expiry …`: what lapses, kept up by the worker each minute (docs/operate/expiry.md). */
export function addExpiryCommands(program: Command, ends: Ends, readConfig: () => Config): void {
  program
    .command('expiry')
    .description('cards and balances that end')
    .command('run')
    .description("what the worker's minute does for one issuer, now: warn, end, give back")
    .requiredOption('--issuer <id>', 'whose cards')
    .option('--until <moment>', 'only what was due by then, e.g. 2026-11-22T18:00:00Z')
    .option('--dry-run', 'say what would end, and change nothing; the moment may lie ahead')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (options: Options) => {
        const { withContext } = await import('../with-context.ts')
        const { expiryRunCommand } = await import('./expiry-command.ts')
        return withContext(readConfig(), (ctx) => expiryRunCommand(ctx, options))
      }),
    )
}
