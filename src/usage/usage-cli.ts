import type { Command } from 'commander'
import { readConfig } from '../platform/env.ts'
import type { Context } from '../platform/context.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>
type Json = { json?: boolean }

/** Loaded only when a command runs: `leb --help` need not know the whole program. */
async function open(work: (ctx: Context) => Promise<number>): Promise<number> {
  const { withContext } = await import('../with-context.ts')
  return withContext(readConfig(), work)
}

/** `leb usage …`: reporting by file, keys for the network, and what is left for staff to see. */
export function addUsageCommands(program: Command, ends: Ends): void {
  const usage = program.command('usage').description('what cards used')
  usage
    .command('import <file>')
    .description(
      'takes usage records from a CSV file; running it again changes nothing: exit 0 every row taken or in the reject file, 2 not',
    )
    .requiredOption('--rejects <file>', 'where rows go that cannot be taken, with every reason')
    .option('--json', 'end with one JSON object {rows, taken, outcomes, unchanged, rejected}')
    .action(
      ends(async (file: string, options: Json & { rejects: string }) => {
        const { importUsageCommand } = await import('./import-usage-command.ts')
        const progress = process.stderr.isTTY
        return open((ctx) =>
          importUsageCommand(ctx, { file, rejects: options.rejects, json: Boolean(options.json), progress }),
        )
      }),
    )
  usage
    .command('late')
    .description('use that nobody pays: reported too late, or used after the freeze or the last day')
    .option('--issuer <id>', 'of one issuer only')
    .option('--days <number>', 'reported in so many days', '30')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (options: Json & { issuer?: string; days: string }) => {
        const { lateUsageCommand } = await import('./late-usage.ts')
        return open((ctx) => lateUsageCommand(ctx, options))
      }),
    )
  usage
    .command('cuts')
    .description('lines that are off because their cards ran dry')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (options: Json) => {
        const { cutsCommand } = await import('./list-cuts.ts')
        return open((ctx) => cutsCommand(ctx, options))
      }),
    )
  addKeyCommands(usage.command('key').description('keys with which the network reports usage'), ends)
}

function addKeyCommands(key: Command, ends: Ends): void {
  key
    .command('add <issuer>')
    .description('makes a key and shows it, once')
    .option('--name <text>', 'what it is for', 'network')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (issuer: string, options: Json & { name: string }) => {
        const { usageKeyAddCommand } = await import('./usage-key-command.ts')
        return open((ctx) => usageKeyAddCommand(ctx, { issuer, ...options }))
      }),
    )
  key
    .command('list <issuer>')
    .description('the keys of an issuer')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (issuer: string, options: Json) => {
        const { usageKeyListCommand } = await import('./usage-key-command.ts')
        return open((ctx) => usageKeyListCommand(ctx, { issuer, ...options }))
      }),
    )
  key
    .command('revoke <issuer> <key>')
    .description('nobody reports with this key any more')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (issuer: string, keyId: string, options: Json) => {
        const { usageKeyRevokeCommand } = await import('./usage-key-command.ts')
        return open((ctx) => usageKeyRevokeCommand(ctx, { issuer, key: keyId, ...options }))
      }),
    )
}
