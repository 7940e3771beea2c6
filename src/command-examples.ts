import type { Command } from 'commander'

/** How each command is called, shown below its help. A test holds this list and the commands together. */
export const examples: Record<string, string[]> = {
  serve: [
    'leb serve',
    'LEB_PUBLIC_URL=https://close.acme.example leb serve --work',
    'leb serve --json > started.jsonl',
  ],
  work: ['leb work', 'leb work --json 2> work.log'],
  demo: ['leb demo', 'leb demo --once --out proof/'],
  close: ['leb close --iccid 8999901000000000018', 'leb close --file leaving.txt --json >> results.jsonl'],
  status: [
    'leb status LEB-2K7M-9QXCT',
    'leb status --open --late --issuer acme',
    'leb status --open --blocked --json',
  ],
  retry: ['leb retry LEB-2K7M-9QXCT'],
  paid: [
    'leb paid LEB-2K7M-9QXCT --reference "SEPA 2026-11-22 17"',
    'leb paid LEB-2K7M-9QXCT --iccid 8999901000000000018 --reference "SEPA 2026-11-22 17"',
  ],
  import: [
    'leb import fleet.csv --rejects bad.csv',
    'leb import fleet.csv --rejects bad.csv --json 2> import.log',
  ],
  'issuer add': ['leb issuer add acme.json'],
  'issuer list': ['leb issuer list'],
  'issuer show': ['leb issuer show acme > acme.json'],
  'ledger check': ['leb ledger check', 'leb ledger check --json'],
  'ledger statement': [
    'leb ledger statement --issuer acme --account cash_at_provider --from 2026-11-01 --to 2026-12-01',
    'leb ledger statement --issuer acme --account revenue --currency EUR --csv revenue.csv',
  ],
  migrate: ['leb migrate'],
  'catalogue put': ['leb catalogue put plans.json --issuer acme'],
  'catalogue list': ['leb catalogue list --issuer acme'],
  'catalogue show': [
    'leb catalogue show --issuer acme > plans.json',
    'leb catalogue show LEB3 --issuer acme --json',
  ],
  'order status': ['leb order status LEB-ORD-2K7M-9QXCT', 'leb order status --open --blocked'],
  'order paid': ['leb order paid LEB-ORD-2K7M-9QXCT --reference "SEPA 2026-11-22 17"'],
  'invoices check': ['leb invoices check'],
  'invoices link': ['leb invoices link LEB-2K7M-9QXCT'],
  'terms put': ['leb terms put terms.json --issuer acme'],
  'terms list': ['leb terms list --issuer acme'],
  'terms show': ['leb terms show 2026-11 --issuer acme > terms.json'],
  'payments unmatched': ['leb payments unmatched --issuer acme'],
  'payments chargebacks': ['leb payments chargebacks --issuer acme'],
  'payments by-hand': ['leb payments by-hand --issuer acme'],
  'payments counts': ['leb payments counts re_3Q7X --issuer acme'],
  'payments besides': ['leb payments besides re_3Q7X --issuer acme'],
  'payments match': ['leb payments match RECEIPT --order LEB-ORD-2K7M-9QXCT'],
  'payments refund': ['leb payments refund RECEIPT'],
  'payments returned': ['leb payments returned RECEIPT --reference "SEPA 2026-11-22 17"'],
  'bank import': ['leb bank import statement.csv --issuer acme --rejects bad.csv'],
  reconcile: ['leb reconcile --provider stripe --file balance.csv --issuer acme --from 2026-11-01'],
  'usage import': ['leb usage import records.csv --rejects bad.csv'],
  'usage late': ['leb usage late --issuer acme --days 7'],
  'usage cuts': ['leb usage cuts'],
  'usage key add': ['leb usage key add acme --name "core network"'],
  'usage key list': ['leb usage key list acme'],
  'usage key revoke': ['leb usage key revoke acme 2k7m9qxct'],
  'payout file': ['leb payout file --issuer acme --out transfers.xml'],
  'payout list': ['leb payout list --issuer acme'],
  'payout charged-back': ['leb payout charged-back LEB-2K7M-9QXCT --iccid 8999901000000000018'],
  verify: ['leb verify slip.pdf --trust root.pem', 'leb verify slip.pdf --trust root.pem --json'],
  'keys list': ['leb keys list acme'],
  'keys rotate': ['leb keys rotate acme'],
  'keys revoke': ['leb keys revoke acme KID --from 2026-11-22T18:00:00Z'],
  'expiry run': ['leb expiry run --issuer acme --until 2026-12-01T00:00:00Z --dry-run'],
}

/** Commands that do something, with their whole name. */
export function leafCommands(of: Command, path = ''): { name: string; command: Command }[] {
  return of.commands.flatMap((command) => {
    const name = `${path}${command.name()}`
    return command.commands.length > 0 ? leafCommands(command, `${name} `) : [{ name, command }]
  })
}

export function showExamples(program: Command): void {
  for (const { name, command } of leafCommands(program)) {
    const lines = (examples[name] ?? []).map((example) => `  ${example.replace(/\bleb /, 'npx leb ')}\n`)
    command.addHelpText('after', `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.join('')}`)
  }
}
