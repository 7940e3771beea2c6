import type { Command } from 'commander'
import { describeSettings } from './platform/env.ts'

const examples = [
  ['npm run demo', 'close a card and see the proof, with a simulated outside world'],
  ['npx leb issuer add acme.json', 'set an issuing company up'],
  ['npx leb import fleet.csv --rejects bad.csv', 'take a fleet over from the old system'],
  ['npx leb serve & npx leb work', 'portal and API; and the worker that closes cards'],
  ['npx leb close --file leaving.txt', 'close many cards when an issuer leaves a market'],
  ['npx leb status LEB-2K7M-9QXCT', 'what a closure is waiting for'],
  ['npx leb status --open --blocked', 'every closure that waits, for whom and why'],
  ['npx leb verify slip.pdf --trust root.pem', 'is this slip genuine (offline)'],
] as const

const exitCodes = [
  ['0', 'done'],
  [
    '1',
    'done, and the answer is no: books differ, not genuine, not there, or not to be done as it stands; with --json an object says so',
  ],
  ['2', 'could not be read or run (a file, an option, a setting), in one sentence why'],
] as const

/** What stands under `leb --help`, as wide as the terminal: examples of the commands, exit codes, and the settings. */
export function helpWords(command: Command): string {
  const help = command.createHelp()
  const width = command.configureOutput().getOutHelpWidth?.() ?? 80
  help.prepareContext({ helpWidth: width })
  // Commander breaks no words that have less than half a terminal; beside the longest command they have 34 columns.
  help.minWidthToWrap = 30
  const list = (title: string, items: (readonly [string, string])[]) => {
    const widest = Math.max(...items.map(([term]) => term.length))
    return [title, ...items.map(([term, words]) => help.formatItem(term, widest, words, help))].join('\n')
  }
  const settings = describeSettings().map(({ name, meaning }) => [name, meaning] as const)
  const lists = [
    list('Examples:', [...examples]),
    list('Exit codes:', [...exitCodes]),
    list('Settings come from the environment:', settings),
  ]
  return `\n${lists.join('\n\n')}\n`
}
