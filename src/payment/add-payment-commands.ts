import type { Command } from 'commander'
import type { Config } from '../platform/env.ts'

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>
type Options = { issuer?: string; json?: boolean }

/** The commands of money that comes in: `leb payments …`, `leb bank …`, `leb reconcile`. */
export function addPaymentCommands(program: Command, ends: Ends, readConfig: () => Config): void {
  const inContext = async <T>(work: Parameters<typeof import('../with-context.ts').withContext<T>>[1]) =>
    (await import('../with-context.ts')).withContext(readConfig(), work)
  addPayments(program.command('payments').description('money that came in'), ends, inContext)
  program
    .command('bank')
    .description("the bank's statements")
    .command('import <file>')
    .description(
      'takes a CSV statement in: pays orders, settles transfers; running it again changes nothing: exit 0 every line taken or in the reject file, 2 not',
    )
    .requiredOption('--issuer <id>', 'whose account it is')
    .requiredOption('--rejects <file>', 'where lines go that cannot be read, with every reason')
    .option('--json', 'end with one JSON object')
    .action(
      ends(async (file: string, options: { issuer: string; rejects: string; json?: boolean }) => {
        const { bankImportCommand } = await import('./bank-command.ts')
        return inContext((ctx) => bankImportCommand(ctx, { ...options, file }))
      }),
    )
  program
    .command('reconcile')
    .description(
      "compares the provider's books with ours: exit 0 equal, 1 differences (each named), 2 not run",
    )
    .requiredOption('--provider <name>', 'stripe')
    .requiredOption('--file <csv>', "the provider's itemized balance report")
    .option('--issuer <id>', 'whose books; needed where several issuers are set up')
    .option('--from <day>', 'compare from here on (UTC)')
    .option('--to <day>', 'and before this')
    .option('--decimal <sign>', 'the decimal sign of the report', '.')
    .option('--book-fees', 'book the fees of the report first, each once')
    .option('--book-payouts', 'book what the provider paid into the bank first, each once')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (options: import('./reconcile-command.ts').ReconcileCommand) => {
        const { reconcileCommand } = await import('./reconcile-command.ts')
        return inContext((ctx) => reconcileCommand(ctx, options))
      }),
    )
}

type InContext = <T>(work: Parameters<typeof import('../with-context.ts').withContext<T>>[1]) => Promise<T>

function addPayments(payments: Command, ends: Ends, inContext: InContext): void {
  const issuer = ['--issuer <id>', 'only this issuer'] as const
  const json = ['--json', 'as one JSON object'] as const
  payments
    .command('unmatched')
    .description('money that no order waits for, until it is matched or given back')
    .option(...issuer)
    .option(...json)
    .action(
      ends(async (options: Options) => {
        const { unmatchedCommand } = await import('./payments-command.ts')
        return inContext((ctx) => unmatchedCommand(ctx, options))
      }),
    )
  payments
    .command('chargebacks')
    .description("payments that payers' banks took back, and who bears them")
    .option(...issuer)
    .option(...json)
    .action(
      ends(async (options: Options) => {
        const { chargebacksCommand } = await import('./payments-command.ts')
        return inContext((ctx) => chargebacksCommand(ctx, options))
      }),
    )
  addRefundsByHand(payments, ends, inContext)
  payments
    .command('match <receipt>')
    .description('this money is for that order')
    .requiredOption('--order <number>', 'the order, which waits for exactly this much')
    .option(...json)
    .action(
      ends(async (receipt: string, options: Options & { order: string }) => {
        const { matchCommand } = await import('./payments-command.ts')
        return inContext((ctx) => matchCommand(ctx, { ...options, receipt }))
      }),
    )
  payments
    .command('refund <receipt>')
    .description('goes back through the provider it came by; asks once more after a refusal')
    .option(...json)
    .action(
      ends(async (receipt: string, options: Options) => {
        const { refundCommand } = await import('./payments-command.ts')
        return inContext((ctx) => refundCommand(ctx, { ...options, receipt }))
      }),
    )
  payments
    .command('returned <receipt>')
    .description('notes that you have sent the money back yourself')
    .requiredOption('--reference <text>', "the bank's or provider's reference; holds no name")
    .option(...json)
    .action(
      ends(async (receipt: string, options: Options & { reference: string }) => {
        const { returnedCommand } = await import('./payments-command.ts')
        return inContext((ctx) => returnedCommand(ctx, { ...options, receipt }))
      }),
    )
}

function addRefundsByHand(payments: Command, ends: Ends, inContext: InContext): void {
  payments
    .command('by-hand')
    .description("refunds that were made on the provider's own page and have met nobody's claim")
    .option('--issuer <id>', 'only this issuer')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (options: Options) => {
        const { byHandCommand } = await import('./by-hand-command.ts')
        return inContext((ctx) => byHandCommand(ctx, options))
      }),
    )
  const decisions = {
    counts: 'this refund is what closing the card pays back: LEB sends that much less',
    besides: 'this refund was given besides what is owed: LEB pays what it owes all the same',
  } as const
  for (const [decision, words] of Object.entries(decisions))
    payments
      .command(`${decision} <refund>`)
      .description(words)
      .option('--issuer <id>', 'whose it is')
      .option('--json', 'as one JSON object')
      .action(
        ends(async (refund: string, options: Options) => {
          const { decideByHandCommand } = await import('./by-hand-command.ts')
          return inContext((ctx) =>
            decideByHandCommand(ctx, { ...options, refund, decision: decision as keyof typeof decisions }),
          )
        }),
      )
}
