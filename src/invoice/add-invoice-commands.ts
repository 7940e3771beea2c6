import type { Command } from 'commander'
import type { Config } from '../platform/env.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>

/** `leb invoices …` and `leb terms …`. */
export function addInvoiceCommands(program: Command, ends: Ends, readConfig: () => Config): void {
  const invoices = program.command('invoices').description('invoices, credit notes, closing statements')
  invoices
    .command('check')
    .description('proves that numbers have no gap, credits fit and kept files are whole: exit 0, 1 when not')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (options: { json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { invoicesCheckCommand } = await import('./invoices-command.ts')
        return withContext(readConfig(), (ctx) => invoicesCheckCommand(ctx, { json: Boolean(options.json) }))
      }),
    )
  invoices
    .command('link <closure>')
    .description('the address of a closed account’s invoices, where its last mail did not arrive')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (closure: string, options: { json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { invoicesLinkCommand } = await import('./invoices-command.ts')
        return withContext(readConfig(), (ctx) =>
          invoicesLinkCommand(ctx, { closure, json: Boolean(options.json) }),
        )
      }),
    )
  addTerms(program.command('terms').description("issuers' terms of business"), ends, readConfig)
}

function addTerms(terms: Command, ends: Ends, readConfig: () => Config): void {
  terms
    .command('put <file>')
    .description(
      'publishes a version, in force from now on, from a JSON file (demo/terms.json is an example)',
    )
    .requiredOption('--issuer <id>', 'whose terms they are')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (file: string, options: { issuer: string; json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { termsPutCommand } = await import('./terms-command.ts')
        return withContext(readConfig(), (ctx) =>
          termsPutCommand(ctx, { file, issuer: options.issuer, json: Boolean(options.json) }),
        )
      }),
    )
  terms
    .command('list')
    .description('every version, and which is in force')
    .option('--issuer <id>', "one issuer's only")
    .option('--json', 'as one JSON object')
    .action(
      ends(async ({ issuer, json = false }: { issuer?: string; json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { termsListCommand } = await import('./terms-command.ts')
        return withContext(readConfig(), (ctx) => termsListCommand(ctx, { json, ...(issuer && { issuer }) }))
      }),
    )
  terms
    .command('show <version>')
    .description('its file as terms put takes it')
    .requiredOption('--issuer <id>', 'whose terms they are')
    .option('--json', 'on one line')
    .action(
      ends(async (version: string, { issuer, json = false }: { issuer: string; json?: boolean }) => {
        const { withContext } = await import('../with-context.ts')
        const { termsShowCommand } = await import('./terms-command.ts')
        return withContext(readConfig(), (ctx) => termsShowCommand(ctx, { version, issuer, json }))
      }),
    )
}
