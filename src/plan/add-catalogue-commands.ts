import type { Command } from 'commander'
import type { Config } from '../platform/env.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>
type Options = { issuer?: string; json?: boolean }

/** `leb catalogue …`: what is sold. */
export function addCatalogueCommands(program: Command, ends: Ends, readConfig: () => Config): void {
  const catalogue = program.command('catalogue').description('plans and add-ons that are sold')
  catalogue
    .command('put <file>')
    .description(
      'brings them to what a JSON file says (demo/catalogue.json is an example); what was sold stays',
    )
    .option('--issuer <id>', 'whose, where the file does not say it')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (file: string, options: Options) => {
        const { withContext } = await import('../with-context.ts')
        const { cataloguePutCommand } = await import('./catalogue-command.ts')
        const { issuer, json = false } = options
        return withContext(readConfig(), (ctx) =>
          cataloguePutCommand(ctx, { file, json, ...(issuer && { issuer }) }),
        )
      }),
    )
  catalogue
    .command('list')
    .description('the newest version of each, with its prices')
    .option('--issuer <id>', "one issuer's only")
    .option('--json', 'as one JSON object')
    .action(
      ends(async (options: Options) => {
        const { withContext } = await import('../with-context.ts')
        const { catalogueListCommand } = await import('./catalogue-command.ts')
        const { issuer, json = false } = options
        return withContext(readConfig(), (ctx) =>
          catalogueListCommand(ctx, { json, ...(issuer && { issuer }) }),
        )
      }),
    )
  catalogue
    .command('show [code]')
    .description('what is on sale as a file that catalogue put takes; or every version of one plan or add-on')
    .requiredOption('--issuer <id>', 'whose')
    .option('--json', 'on one line')
    .action(
      ends(async (code: string | undefined, { issuer, json = false }: { issuer: string; json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { catalogueShowCommand } = await import('./show-catalogue.ts')
        return withContext(readConfig(), (ctx) =>
          catalogueShowCommand(ctx, { issuer, json, ...(code !== undefined && { code }) }),
        )
      }),
    )
}
