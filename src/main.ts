import { inspect } from 'node:util'
import { Command, CommanderError } from 'commander'
import { showExamples } from './command-examples.ts'
import type { OpenOptions } from './closure/open-closures-command.ts'
import type { PaidOptions } from './closure/staff-commands.ts'
import { helpWords } from './help-words.ts'
import { addExpiryCommands } from './expiry/expiry-commands.ts'
import { type Config, readConfig } from './platform/env.ts'
import { ignoredSettings } from './platform/ignored-settings.ts'
import { addLedgerCommands } from './ledger/ledger-commands.ts'
import { addOrderCommands } from './order/add-order-commands.ts'
import { AnsweredNo, SetupError } from './platform/errors.ts'
import { ToldToStop } from './platform/until-told-to-stop.ts'
import { addInvoiceCommands } from './invoice/add-invoice-commands.ts'
import { sayNo } from './say-no.ts'
import { KeyStoreError } from './adapters/keys/port.ts'
import { addCatalogueCommands } from './plan/add-catalogue-commands.ts'
import { addUsageCommands } from './usage/usage-cli.ts'
import { addPaymentCommands } from './payment/add-payment-commands.ts'
import { addPayoutCommands } from './payout/cli.ts'

/**
 * The command line. Each command opens only what it needs; a mistake of the operator's is one sentence. Exit 0: done;
 * 1: done, and the answer is no (books differ, not genuine, not there); 2: could not be read or run, so that there is no
 * answer. What a command is about is its argument; an option that is wrong (an issuer that is not set up) is 2.
 */
export async function main(argv: string[]): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < 24) fail(`needs Node 24, this is ${process.version}`)
  // A reader that has seen enough (| head) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2))
  try {
    process.exitCode = await run(argv)
  } catch (error) {
    // What was cut short is not waited for.
    if (error instanceof ToldToStop) process.exit(error.exitCode)
    else if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else if (error instanceof SetupError || error instanceof KeyStoreError) fail(error.message)
    else {
      // A fault of ours, or a database that went away. Thrown on, it would end with 1, which is an answer.
      process.stderr.write(`${inspect(error)}\n`)
      process.exit(2)
    }
  }
}

function fail(sentence: string): void {
  process.stderr.write(`leb: ${sentence}\n`)
  process.exitCode = 2
}

/** The settings for a command that opens no database, and so never learns which names issuers give to their secrets. */
function readSettings(): Config {
  const config = readConfig()
  const sentence = ignoredSettings({ named: [], all: false })
  if (sentence) process.stderr.write(`leb: ${sentence}\n`)
  return config
}

async function run(argv: string[]): Promise<number> {
  let exit = 0
  const program = makeProgram((work) => async (...args: unknown[]) => {
    try {
      exit = (await (work as (...a: unknown[]) => Promise<number | void>)(...args)) ?? 0
    } catch (error) {
      if (!(error instanceof AnsweredNo)) throw error
      sayNo(error, args.at(-1) as Command)
      exit = 1
    }
  })
  await program.parseAsync(argv)
  return exit
}

/** Every command. `ends` wraps what each does, so that its exit code is heard. */
export function makeProgram(ends: Ends): Command {
  const program = new Command('leb')
  program
    .description('Runs prepaid travel eSIM cards from sale to a lawful, provable closure (注销).')
    .addHelpText('after', ({ command }) => helpWords(command))
    .exitOverride()
    .showHelpAfterError('(leb --help shows every command, and leb COMMAND --help how it is called)')
  addServing(program, ends)
  addClosing(program, ends)
  addSetUp(program, ends)
  addLedgerCommands(program, ends, readConfig)
  addCatalogueCommands(program, ends, readConfig)
  addOrderCommands(program, ends, readConfig)
  addInvoiceCommands(program, ends, readConfig)
  addPaymentCommands(program, ends, readConfig)
  addUsageCommands(program, ends)
  addPayoutCommands(program, ends, readConfig)
  addProof(program, ends)
  addExpiryCommands(program, ends, readConfig)
  showExamples(program)
  return program
}

type Ends = (work: (...args: never[]) => Promise<number | void>) => (...args: unknown[]) => Promise<void>

function addServing(program: Command, ends: Ends): void {
  program
    .command('serve')
    .description('the portal, the API and the door for providers; stops with Ctrl-C')
    .option('--work', 'close cards in this process too, instead of a separate leb work')
    .option('--json', 'say what runs where in one JSON object once it runs, and one more when it has stopped')
    .action(
      ends(async (options: { work?: boolean; json?: boolean }) =>
        (await import('./serve-command.ts')).serveCommand(readConfig(), options),
      ),
    )
  program
    .command('work')
    .description('closes cards and sends mails; run as many as you like')
    .option('--json', 'say that it works in one JSON object once it does, and one more when it has stopped')
    .action(
      ends(async (options: { json?: boolean }) =>
        (await import('./work-command.ts')).workCommand(readConfig(), options),
      ),
    )
  program
    .command('demo')
    .description('everything at once with a simulated outside world: closes one card and shows the proof')
    .option('--once', 'exit when the card is closed')
    .option('--out <dir>', 'leave slip.pdf, certificate.pdf, root.pem, journal.json and mails/ there')
    .action(
      ends(async (options: { once?: boolean; out?: string }) =>
        (await import('./demo/demo.ts')).demoCommand(readConfig(), options),
      ),
    )
}

function addClosing(program: Command, ends: Ends): void {
  program
    .command('close')
    .description(
      "closes cards by the issuer's own decision, for instance when it leaves a market; meanwhile it works as leb work does",
    )
    .option('--iccid <number>', 'one card')
    .option('--file <list>', 'a text file with one ICCID a line; run again to resume')
    .option('--issuer <id>', 'the issuer, where an ICCID is known to several')
    .option('--json', 'one JSON object a card')
    .action(
      ends(async (options) =>
        (await import('./closure/close-command.ts')).closeCommand(readConfig(), options),
      ),
    )
  program
    .command('status [closure]')
    .description('how a closure stands, step by step, and whose turn it is; or all that are not done')
    .option('--open', 'those that are not done: where each stands, its deadline, whose turn it is and why')
    .option('--issuer <id>', "of --open: one issuer's only")
    .option('--late', 'of --open: past their deadline only')
    .option('--blocked', 'of --open: only what is held up by a holder, a provider or you')
    .option('--json', 'as one JSON object, with the journal')
    .action(
      ends(async (number: string | undefined, options: OpenOptions & { open?: boolean }) =>
        (await import('./closure/status-command.ts')).statusCommand(readConfig(), number, options),
      ),
    )
  program
    .command('retry <closure>')
    .description('asks once more for what a provider refused, after you have mended the cause')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (number: string, options) =>
        (await import('./closure/staff-commands.ts')).retryCommand(readConfig(), number, options),
      ),
    )
  program
    .command('paid <closure>')
    .description('notes that you transferred money of a closure by bank, and says which sums that settles')
    .option('--iccid <number>', 'one card; without it, all that is owed of the closure')
    .requiredOption('--reference <text>', "the bank's reference of the transfer; printed on the certificate")
    .option('--in-file', 'it is the transfer in a file for the bank, and the bank has carried it out')
    .option('--outside-file', 'it was paid outside of the file that has it, where the bank has struck it out')
    .option('--owed', "it was owed although the payer's bank took back what the card was paid with")
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (number: string, options: PaidOptions) =>
        (await import('./closure/staff-commands.ts')).paidCommand(readConfig(), number, options),
      ),
    )
}

function addSetUp(program: Command, ends: Ends): void {
  program
    .command('import <file>')
    .description(
      'takes a fleet over from a CSV file; running it again changes nothing: exit 0 every row taken or in the reject file, 2 not',
    )
    .requiredOption('--rejects <file>', 'where rows go that cannot be taken, with every reason')
    .option('--json', 'end with one JSON object {rows, imported, rejected, unchanged}')
    .action(
      ends(async (file: string, options: { rejects: string; json?: boolean }) => {
        const { withContext } = await import('./with-context.ts')
        const { importCommand } = await import('./card/import-command.ts')
        const progress = process.stderr.isTTY
        return withContext(readConfig(), (ctx) =>
          importCommand(ctx, { file, rejects: options.rejects, json: Boolean(options.json), progress }),
        )
      }),
    )
  const issuer = program.command('issuer').description('issuing companies')
  issuer
    .command('add <file>')
    .description('sets one up, or changes it, from a JSON file (docs/operate/issuers.md)')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (file: string, options: { json?: boolean }) => {
        const { withContext } = await import('./with-context.ts')
        const { issuerAddCommand } = await import('./issuer/issuer-command.ts')
        return withContext(readConfig(), (ctx) =>
          issuerAddCommand(ctx, { file, json: Boolean(options.json) }),
        )
      }),
    )
  issuer
    .command('list')
    .description('those that are set up')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (options: { json?: boolean }) => {
        const { withContext } = await import('./with-context.ts')
        const { issuerListCommand } = await import('./issuer/issuer-command.ts')
        return withContext(readConfig(), (ctx) => issuerListCommand(ctx, { json: Boolean(options.json) }))
      }),
    )
  issuer
    .command('show <issuer>')
    .description('its file as issuer add takes it: change what is to change, and add it again')
    .option('--json', 'on one line')
    .action(
      ends(async (id: string, options: { json?: boolean }) => {
        const { withContext } = await import('./with-context.ts')
        const { issuerShowCommand } = await import('./issuer/issuer-command.ts')
        return withContext(readConfig(), (ctx) =>
          issuerShowCommand(ctx, { issuer: id, json: Boolean(options.json) }),
        )
      }),
    )
  program
    .command('migrate')
    .description('brings the database up to date; serve and work do it too')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (options: { json?: boolean }) =>
        (await import('./platform/migrate-command.ts')).migrateCommand(readSettings(), options),
      ),
    )
}

function addProof(program: Command, ends: Ends): void {
  program
    .command('verify <file>')
    .description(
      'whether a slip or certificate is genuine, offline: exit 0 yes, 1 no (and why), 2 unreadable',
    )
    .option('--trust <pem...>', "the issuer's root certificate; default <LEB_DATA>/keys/root/root.pem")
    .option('--trust-timestamps <pem...>', 'root certificates of time-stamping authorities')
    .option('--crl <file...>', 'revocation lists of those roots')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (file: string, options) =>
        (await import('./verify-command.ts')).runVerify(readSettings(), file, options),
      ),
    )
  const keys = program.command('keys').description('sealing keys')
  keys
    .command('list [issuer]')
    .description('every key with its id (kid), and how it stands')
    .option('--json', 'as one JSON object')
    .action(
      ends(async (issuer: string | undefined, options: { json?: boolean }) =>
        (await import('./keys-command.ts')).listKeysCommand(readSettings(), issuer, options),
      ),
    )
  keys
    .command('rotate <issuer>')
    .description('a new sealing key; what the old one sealed stays genuine')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (issuer: string, options) =>
        (await import('./keys-command.ts')).rotateCommand(readSettings(), issuer, options),
      ),
    )
  keys
    .command('revoke <issuer> <kid>')
    .description('what the key sealed from a moment on is not genuine any more')
    .requiredOption('--from <time>', 'RFC 3339, e.g. 2026-11-22T18:00:00Z')
    .option('--json', 'answer as one JSON object')
    .action(
      ends(async (issuer: string, kid: string, options: { from: string; json?: boolean }) =>
        (await import('./keys-command.ts')).revokeCommand(readSettings(), { issuer, kid, ...options }),
      ),
    )
}
